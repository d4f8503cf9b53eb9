#!/usr/bin/env python3
"""Writes torchvision's and timm's backbones with random parameters, and what they make of random images.

    python3 backbones.py FOLDER NAME ...

For each NAME: FOLDER/NAME.safetensors, the model's state dictionary as a user would save it, and
FOLDER/NAME.features.safetensors: "input" [2, 3, 64, 64] and "scale0", "scale1", ..., in evaluation mode and float32.
"""
import importlib
import pathlib
import re
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[4] / "bench" / "pytorch"))
from case import write_tensors  # noqa: E402

LIBRARY = torch.library.Library("torchvision", "FRAGMENT")


def imported():
    """torchvision, also where its compiled operators are of another PyTorch: none of these networks needs one."""
    while True:
        try:
            return importlib.import_module("torchvision")
        except RuntimeError as failure:
            missing = re.search(r"operator torchvision::(\w+) does not exist", str(failure))
            if not missing:
                raise
            LIBRARY.define(f"{missing[1]}(Tensor x) -> Tensor")
            for module in [name for name in sys.modules if name.startswith("torchvision")]:
                del sys.modules[module]


torchvision = imported()


def resnet(depth, dilated):
    options = {"replace_stride_with_dilation": [False, True, True]} if dilated else {}
    model = getattr(torchvision.models, f"resnet{depth}")(weights=None, **options)

    def scales(x):
        x = model.maxpool(model.relu(model.bn1(model.conv1(x))))
        for stage in (model.layer1, model.layer2, model.layer3, model.layer4):
            x = stage(x)
            yield x

    return model, scales


def vgg(name):
    model = getattr(torchvision.models, name)(weights=None)
    model.classifier = torch.nn.Sequential(torch.nn.Linear(2, 2))  # not half a gigabyte that nobody reads

    def scales(x):
        for layer in model.features:
            x = layer(x)
            if isinstance(layer, torch.nn.MaxPool2d):
                yield x

    return model, scales


def hrnet(name):
    """With what is enlarged in an exchange enlarged bilinearly, as the survey and HRNet's segmentation have it."""
    import timm
    model = timm.create_model(name, pretrained=False)
    for module in model.modules():
        if isinstance(module, torch.nn.Upsample):
            module.mode, module.align_corners = "bilinear", False

    def scales(x):
        x = model.act1(model.bn1(model.conv1(x)))
        x = model.act2(model.bn2(model.conv2(x)))
        yield from model.stages(x)

    return model, scales


MODELS = {"resnet18": lambda: resnet(18, False), "resnet50": lambda: resnet(50, False),
          "resnet50_dilated": lambda: resnet(50, True), "vgg16": lambda: vgg("vgg16"),
          "vgg16_bn": lambda: vgg("vgg16_bn"), "hrnet18_small_v2": lambda: hrnet("hrnet_w18_small_v2"),
          "hrnet18": lambda: hrnet("hrnet_w18")}


def write(folder, name):
    torch.manual_seed(1)
    model, scales = MODELS[name]()
    model.eval()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.3)
                module.running_var.uniform_(0.5, 1.5)
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.3)
        image = torch.randn(2, 3, 64, 64)
        found = {f"scale{number}": scale for number, scale in enumerate(scales(image))}
    write_tensors(folder / f"{name}.safetensors", model.state_dict())
    write_tensors(folder / f"{name}.features.safetensors", {"input": image, **found})


if __name__ == "__main__":
    for one in sys.argv[2:]:
        write(pathlib.Path(sys.argv[1]), one)
