"""Training a person detector: an anchor-free network, taught cell by cell by one of the catalogue.

In go zip files or folders of pictures with ``annotations.json`` in COCO's form; out comes an ONNX file in the
form of the ``yolox`` family with one class. ``scenes`` reads pictures, ``mosaic`` puts several into one canvas,
``canvases`` keeps canvases with what a teacher says of each cell, ``views`` cuts and alters what the network sees,
``targets`` says what is wanted, ``loop`` learns.
"""
