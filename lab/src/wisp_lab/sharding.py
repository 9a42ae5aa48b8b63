"""The whole state of a training, wherever its parts lie: on one device, copied (DDP) or cut in pieces (FSDP)."""

from __future__ import annotations

from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedType
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_state_dict, set_optimizer_state_dict


def whole_state(accelerator: Accelerator, model: torch.nn.Module, optimizer: Any) -> dict[str, Any]:
    """Every process must call it; with FSDP only the first gets the parts together, the others an empty state."""
    if accelerator.distributed_type == DistributedType.FSDP:
        options = StateDictOptions(full_state_dict=True, cpu_offload=True)
        weights, moments = get_state_dict(model, optimizer.optimizer, options=options)
    else:
        weights, moments = accelerator.get_state_dict(model), optimizer.state_dict()
    return {
        "model": {name.removeprefix("_orig_mod."): value for name, value in weights.items()},
        "optimizer": moments,
    }


def load_optimizer(accelerator: Accelerator, model: torch.nn.Module, optimizer: Any, moments: dict[str, Any]) -> None:
    """Puts the moments of a checkpoint back; the model has its weights already."""
    if accelerator.distributed_type == DistributedType.FSDP:
        options = StateDictOptions(full_state_dict=True)
        set_optimizer_state_dict(model, optimizer.optimizer, moments, options=options)
    else:
        optimizer.load_state_dict(moments)
