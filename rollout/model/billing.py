"""The stack file's part about AWS's own bill, beside what the meter counts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from rollout import names
from rollout.model.base import Part
from rollout.model.fields import BucketFolder, BucketName, ExportName, Number


class BillingExport(Part):
    """AWS's bill by person, model and kind of token, which `rollout reconcile` holds the meter's counts against."""

    bucket: BucketName | None = None
    """A bucket that an export of yours is written to, as where the payer's account has it: nothing is made then.
    Without it the program makes the bucket and the export."""
    folder: BucketFolder = names.BILLING_FOLDER
    """The export's folder (prefix) in that bucket."""
    name: ExportName = names.BILLING_EXPORT
    """The export's name, which is the folder below."""
    keep_days: Annotated[int, Field(ge=35, le=3653), Number] = 400
    """Days that files are kept in the bucket that the program makes: they name people."""
