"""Serves the triage model over HTTP."""
import torch
from safetensors.torch import load_file

LABELS = ["routine", "soon", "urgent", "emergency"]


def load(path):
    if path.endswith(".safetensors"):
        return load_file(path)
    return torch.load(path, weights_only=True)
