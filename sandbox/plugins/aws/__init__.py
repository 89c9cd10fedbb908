"""The AWS plug-in: pulumi-aws's resource types over boto3."""
