"""The two networks of the GradNorm paper (arXiv 1711.02257, section 5) as layers of a case.

`segnet_vgg16` is VGG16's convolutions and their mirror image, which upsamples through the pools' indices; it leaves a
quarter of the height and width ("output": "quarter") or all of them ("full"). `resnet50_fcn` is a thinned ResNet-50
with a shallow residual decoder whose upsampling is learned; it leaves a quarter. They are the trunks that Gimbal
builds by the same names, layer by layer.
"""
NAMES = ("segnet_vgg16", "resnet50_fcn")

VGG_CONVOLUTIONS = (2, 2, 3, 3, 3)
VGG_CHANNELS = (64, 128, 256, 512, 512)
RESNET_UNITS = (3, 4, 6, 3)
RESNET_WIDTHS = (64, 128, 256, 256)
RESNET_CHANNELS = (256, 512, 1024, 1024)
DECODER_WIDTHS = (256, 128, 64)
CHANNELS = {"segmentation": 13, "depth": 1, "normals": 3}


def written(model):
    """The model as blocks, where it is a trunk, or one of the two networks by name, and heads."""
    if "blocks" in model:
        return model
    layers = trunk(model["network"], model.get("output", "quarter")) if "network" in model else model["trunk"]
    heads = {f"heads.{task}": {"from": "trunk", "layers": head} for task, head in model["heads"].items()}
    return {"input": model["input"], "blocks": {"trunk": {"from": "input", "layers": layers}, **heads},
            "outputs": {task: [f"heads.{task}"] for task in model["heads"]}, "shared": model.get("shared")}


def trunk(name, output="quarter", thin=1):
    """The layers; every width divided by `thin`."""
    if name == "segnet_vgg16":
        return segnet_vgg16(output, [channels // thin for channels in VGG_CHANNELS])
    return resnet50_fcn(thin)


def convolution(out, kernel, padding=0, stride=1):
    return {"layer": "conv2d", "out": out, "kernel": kernel, "padding": padding, "stride": stride, "bias": False}


def normalised(layer):
    return [layer, {"layer": "batch_norm"}, {"layer": "relu"}]


def segnet_vgg16(output, channels):
    layers, pools = [], []
    for stage, count in enumerate(VGG_CONVOLUTIONS):
        layers += [layer for _ in range(count) for layer in normalised(convolution(channels[stage], 3, 1))]
        pools.append(f"trunk.{len(layers)}")
        layers.append({"layer": "max_pool", "kernel": 2})
    for stage in range(4, -1 if output == "full" else 1, -1):
        layers.append({"layer": "max_unpool", "pool": pools[stage]})
        widths = [channels[stage]] * (VGG_CONVOLUTIONS[stage] - 1) + [channels[max(stage - 1, 0)]]
        layers += [layer for width in widths for layer in normalised(convolution(width, 3, 1))]
    return layers


def resnet50_fcn(thin):
    layers = [*normalised(convolution(64 // thin, 7, 3, 2)),
              {"layer": "max_pool", "kernel": 3, "stride": 2, "padding": 1}]
    for stage, units in enumerate(RESNET_UNITS):
        for unit in range(units):
            layers += bottleneck(RESNET_WIDTHS[stage] // thin, RESNET_CHANNELS[stage] // thin,
                                 first=stage < 3 and unit == 0, last=stage < 3 and unit == units - 1)
    layers += normalised(convolution(DECODER_WIDTHS[0] // thin, 1))
    for width in DECODER_WIDTHS:
        layers += doubled(width // thin)
    return layers


def bottleneck(width, channels, first, last):
    """A stage's first unit projects its shortcut, its last halves the image: earlier than the published network."""
    shortcut = []
    if first:
        shortcut = [convolution(channels, 1), {"layer": "batch_norm"}]
    elif last:
        shortcut = [{"layer": "max_pool", "kernel": 1, "stride": 2}]
    body = [*normalised(convolution(width, 1)), *normalised(convolution(width, 3, 1, 2 if last else 1)),
            convolution(channels, 1), {"layer": "batch_norm"}]
    return [{"layer": "residual", "body": body, "shortcut": shortcut}, {"layer": "relu"}]


def doubled(width):
    """Twice the height and width by learned filters, then a basic residual block."""
    up = {"layer": "conv_transpose2d", "out": width, "kernel": 4, "stride": 2, "padding": 1, "bias": False}
    body = [*normalised(convolution(width, 3, 1)), convolution(width, 3, 1), {"layer": "batch_norm"}]
    return [*normalised(up), {"layer": "residual", "body": body}, {"layer": "relu"}]


def case(name, output, batch, size, thin):
    """The case of a network: the paper's three tasks on 1x1 heads, GradNorm with alpha 1.5, Adam."""
    tasks = {"segmentation": {"loss": "cross_entropy", "classes": 13, "ignore": 255},
             "depth": {"loss": "l1", "ignore": 0.0}, "normals": {"loss": "cosine", "ignore": 0.0}}
    heads = {task: [{"layer": "conv2d", "out": CHANNELS[task], "kernel": 1}] for task in tasks}
    model = {"input": [3, size, size], "trunk": trunk(name, output, thin), "heads": heads}
    return {"name": f"{name}-{output}-{batch}x{size}" + (f"-thin{thin}" if thin > 1 else ""), "model": model,
            "tasks": tasks, "balance": {"method": "gradnorm", "alpha": 1.5},
            "optimizer": {"method": "adam", "lr": 1e-4}, "steps": 10}
