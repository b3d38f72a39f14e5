"""Learning: recipes and people's pictures in, checkpoints, ONNX files with cards and figures out.

Torch lives here and nowhere else. PyTorch computes, Lightning Fabric places it on devices, safetensors keeps it,
Pillow decodes. Only ``cli`` imports this room, when a command runs; submodules are imported by name.
"""
