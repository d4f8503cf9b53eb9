"""The network of a case as a PyTorch module: blocks of layers, each of which reads the input or blocks before it.

Parameters have the case's names: BLOCK.I.weight, in a residual BLOCK.I.body.J.weight. A trunk and heads are the blocks
trunk and heads.TASK.
"""
import contextlib

from torch import nn

from case import CaseError
from layers import Builder, Layers, pools_of, tie
from networks import written

PRODUCTS = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)


class Network(nn.Module):
    """`blocks` in order: {name: (the blocks it reads, its layers)}; `outputs`: {task: the blocks that predict}.

    `measured` are the parameters that GradNorm measures on, W, together; `measured_names` what they are called. Layers
    with parameters belong to the first block that has them, and run in all that are tied to it.
    """

    def __init__(self, model, unpool="index"):
        super().__init__()
        self.trunked = "blocks" not in model
        frozen = model.get("batch_norm") == "frozen"
        model = written(model)
        self.outputs, self.blocks, self.owners = model["outputs"], {}, {}
        wanted = {name for block in model["blocks"].values() for name in pools_of(block.get("layers", []))}
        builder = Builder(unpool, wanted, frozen)
        channels, last = {"input": model["input"][0]}, "input"
        for name, block in model["blocks"].items():
            reads = block.get("from", last)
            reads = [reads] if isinstance(reads, str) else reads
            layers, channels[name] = builder.block(layers_of(model["blocks"], name), [channels[one] for one in reads],
                                                   name)
            self.add(name, layers, block.get("weights"))
            self.blocks[name] = reads, layers
            last = name
        shared = model.get("shared") or self.last_weight()
        self.measured_names = [shared] if isinstance(shared, str) else shared
        self.measured = [self.get_parameter(name) for name in self.measured_names]

    def add(self, name, layers, owner):
        """Makes the layers' parameters those of their owner, or of this network under the block's name."""
        self.owners[name] = self.owners[owner] if owner else name
        if owner:
            tie(layers, self.block(owner))
            return
        module = self
        for part in name.split("."):  # a block's name may begin with another's
            if part not in dict(module.named_children()):
                if hasattr(module, part):
                    raise CaseError(f"the peers cannot run a block {name!r}: modules of PyTorch have {part!r} of their "
                                    "own")
                module.add_module(part, Layers())
            module = module.get_submodule(part)
        module.put(layers)

    def block(self, name):
        return self.blocks[name][1]

    def forward(self, image):
        """{task: predictions}"""
        pools, values = {}, {"input": image}
        for name, (reads, layers) in self.blocks.items():
            read = values[reads[0]] if len(reads) == 1 else [values[one] for one in reads]
            values[name] = layers(read, pools)
        return {task: [values[name] for name in names] for task, names in self.outputs.items()}

    def common(self):
        """The blocks, of those that own their parameters, on whose parameters all tasks depend."""
        reached = {name: {task for task, names in self.outputs.items() if name in names} for name in self.blocks}
        for name in reversed(self.blocks):
            for read in self.blocks[name][0]:
                reached.get(read, set()).update(reached[name])
        using = {owner: set() for owner in self.owners.values()}
        for name, owner in self.owners.items():
            using[owner] |= reached[name]
        return [owner for owner, tasks in using.items() if len(tasks) == len(self.outputs)]

    def last_weight(self):
        """The name of the weight of the last convolution or linear layer on which all tasks depend, in a list, which is
        empty where there is none."""
        names = [f"{block}.{place}.weight" for block in (["trunk"] if self.trunked else self.common())
                 for place, module in self.block(block).named_modules() if isinstance(module, PRODUCTS)]
        return names[-1:]

    def parts(self):
        """{"shared": the parameters on which all tasks depend, "own": the others}"""
        shared = [one for block in self.common() for one in self.block(block).parameters()]
        kept = set(map(id, shared))
        return {"shared": shared, "own": [one for one in self.parameters() if id(one) not in kept]}

    def dropouts(self):
        """Those of tied blocks, too, which are no modules of this one."""
        return [module for _, layers in self.blocks.values() for module in layers.modules()
                if isinstance(module, nn.Dropout)]

    @contextlib.contextmanager
    def without_dropout(self):
        """For comparisons: everybody's random numbers are their own."""
        kept = [(module, module.p) for module in self.dropouts()]
        for module, _ in kept:
            module.p = 0.0
        yield
        for module, share in kept:
            module.p = share


def layers_of(blocks, name):
    """What a block says, or where it says nothing and has another's weights, that other."""
    block = blocks[name]
    if "layers" in block or "weights" not in block:
        return block.get("layers", [])
    return layers_of(blocks, block["weights"])
