"""GET /api/v1/checkpoint: the newest signed statement about the whole ledger."""

from __future__ import annotations

from flask import Response
from flask_smorest import Blueprint

from tracker.api.bodies import answer
from tracker.api.describing import described
from tracker.errors import NotFound
from tracker.queries import ledger
from tracker.schemas.answers import CheckpointSchema
from tracker.web.frame.gate import open_to_anyone

blueprint = Blueprint("api_checkpoints", __name__, url_prefix="/api/v1", description="Checkpoints")


@blueprint.route("/checkpoint")
@described("The newest checkpoint", returns=CheckpointSchema, refuses=(404,), open_route=True)
@open_to_anyone("a checkpoint is worth what strangers keep of it, and says only how many events")
def show_checkpoint() -> Response:
    """Keep it: a ledger that was changed later cannot be made to fit it."""
    newest = ledger.newest_checkpoints(1)
    if not newest:
        raise NotFound("Nothing has been signed yet.")
    return answer(CheckpointSchema().dump(newest[0]))
