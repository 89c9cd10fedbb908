"""What the engine runs: as a program, what the stack files beside this file say; as a plug-in, the components."""

from pulumi.runtime.settings import get_root_resource

if get_root_resource():
    from program import declare

    declare()
else:
    from program.package.host import serve

    serve()
