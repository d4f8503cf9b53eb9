"""What holds of the peers before they are timed: python3 -m unittest in this folder. PeersTest runs it too."""
import contextlib
import pathlib
import subprocess
import sys
import tempfile
import unittest

import torch

import networks
from case import CaseError, read_case, read_tensors, write_tensors
from gate import TOLERANCES, Wrong, check, check_rule
from layers import IndexPool, IndexUnpool, MaskPool, MaskUnpool
from network import Network
from peers import EagerGradNorm, Setting
from twin import settled, trace
from worker import PEERS, Run

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE.parent.parent / "core" / "src" / "test" / "resources" / "cases"
CPU = torch.device("cpu")
STEPS = 8

torch.backends.nnpack.set_flags(False)  # it warns at every convolution where it does not fit the processor
torch.set_num_threads(1)


class InvertedGradNorm(EagerGradNorm):
    """Wrong on purpose, as a widely used package is: the target falls with the training rate."""

    def make_balance(self):
        balance = super().make_balance()
        balance.alpha = -balance.alpha
        return balance


class UnweightedHeads(EagerGradNorm):
    """Wrong on purpose: the heads train on the losses without their weights."""

    def rebalance(self, losses, norms, counts):
        for weight, task in zip(self.balance.weights, self.tasks):
            for parameter in self.network.block(f"heads.{task}").parameters():
                parameter.grad.div_(weight.float())
        super().rebalance(losses, norms, counts)


def first_steps(kind, case, steps=STEPS, **more):
    return Run(kind, case, Setting(CPU, **more)).trace(steps)


class PeersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cases = [read_case(CASES / name) for name in ("absent", "residual")]

    def test_the_twin_is_the_reference(self):
        for case in self.cases:
            check("twin", case.trace, trace(case, len(case.trace), case.balance), 1e-9)

    def test_every_peer_follows_the_trace_or_with_equal_weights_the_twin(self):
        for case in self.cases:
            equal = trace(case, STEPS, {"method": "equal"})
            for name, kind in PEERS.items():
                with self.subTest(case=case.name, peer=name):
                    expected = case.trace[:STEPS] if kind.gradnorm else equal
                    check(name, expected, first_steps(kind, case), TOLERANCES["float32"])

    def test_on_blocks_twin_and_plain_peers_follow_the_trace(self):
        # tied blocks, several outputs a task and several W; attention near and everywhere, mixes, concatenations
        for name in ("tied", "tied_features", "tied_transposed", "supervised", "several_shared", "attend",
                     "self_attention", "cross_stitch", "softmax", "pyramid", "gates", "skips", "frozen", "survey_losses"):
            case = read_case(CASES / name)
            with self.subTest(case=name):
                check("twin", case.trace[:STEPS], trace(case, STEPS, case.balance)[:len(case.trace)], 1e-9)
            if case.balance["method"] == "gradnorm":
                with self.subTest(case=name, peer="eager_gradnorm"):
                    check("eager_gradnorm", case.trace[:3], first_steps(EagerGradNorm, case, 3), TOLERANCES["float32"])

    def test_dropout_is_left_out_of_a_check_alone_and_by_peers_that_cannot_refused(self):
        case = read_case(CASES / "dropout_image")
        run = Run(PEERS["eager"], case, Setting(CPU))
        check("eager", trace(case, 2, {"method": "equal"}), run.trace(2), TOLERANCES["float32"])
        self.assertTrue(all(layer.p > 0 for layer in run.peer.network.dropouts()))
        with self.assertRaisesRegex(CaseError, "has dropout"):
            Run(PEERS["strong_equal"], case, Setting(CPU))

    def test_a_network_of_blocks_is_refused_by_the_peer_that_splits_a_trunk(self):
        with self.assertRaisesRegex(CaseError, "splits a trunk"):
            Run(PEERS["strong"], read_case(CASES / "attend"), Setting(CPU))

    def test_a_peer_set_back_to_the_start_repeats_itself(self):
        for name, kind in PEERS.items():
            with self.subTest(peer=name):
                run = Run(kind, self.cases[1], Setting(CPU))
                self.assertEqual(run.trace(3), run.trace(3))

    def test_bf16_stays_within_its_tolerance(self):
        for name, kind in PEERS.items():
            if kind.gradnorm:
                with self.subTest(peer=name):
                    lines = first_steps(kind, self.cases[0], 3, precision="bf16")
                    check(name, self.cases[0].trace[:3], lines, TOLERANCES["bf16"])

    def test_a_target_that_falls_with_the_rate_is_refused_by_a_trace_that_shows_it(self):
        case = read_case(CASES / "all_absent")
        with self.assertRaisesRegex(Wrong, "inverted is wrong and is not timed: step 2, weight of a"):
            check("inverted", case.trace[:STEPS], first_steps(InvertedGradNorm, case), 2e-4)

    def test_a_target_that_falls_with_the_rate_is_refused_whatever_the_case(self):
        for case in self.cases:
            for kind, refusal in ((EagerGradNorm, contextlib.nullcontext()),
                                  (InvertedGradNorm, self.assertRaisesRegex(Wrong, "its rule of balancing"))):
                with self.subTest(case=case.name, peer=kind.__name__), refusal:
                    check_rule("peer", kind(case, Setting(CPU)).balance, case.tasks, case.balance)

    def test_heads_that_train_without_their_weights_are_refused(self):
        case = self.cases[1]
        with self.assertRaisesRegex(Wrong, "unweighted is wrong"):
            check("unweighted", case.trace, first_steps(UnweightedHeads, case, len(case.trace)), 2e-4)

    def test_what_is_not_a_number_is_refused(self):
        line = {"loss": {"a": 1.0}, "total": 1.0}
        with self.assertRaises(Wrong):
            check("nan", [line], [{"loss": {"a": float("nan")}, "total": 1.0}], 2e-4)

    def test_steps_that_float32_cannot_follow_are_left_out(self):
        exact = [{"loss": {"a": value}, "total": 1.0} for value in (1.0, 2.0, 3.0)]
        rounded = [{"loss": {"a": value}, "total": 1.0} for value in (1.0, 2.0, 3.1)]
        self.assertEqual(exact, settled(exact, exact))
        self.assertEqual(exact[:2], settled(exact, rounded))
        self.assertEqual(exact[:1], settled(exact, [rounded[2]] * 3))

    def test_a_w_that_is_no_products_weight_is_refused_by_the_strong_peer(self):
        with self.assertRaisesRegex(CaseError, "W is trunk.3.bias"):
            first_steps(PEERS["strong"], read_case(CASES / "norm_shared"))


    def test_a_gradient_that_misses_some_layers_is_refused(self):
        class Shallow(PEERS["strong"]):
            def backward(self, x, sides, leaves, factors, cotangents):
                return super().backward(x.detach(), [side.detach() for side in sides], leaves, factors, cotangents)

        case = self.cases[0]
        expected = trace(case, 1, case.balance)
        check("strong", expected, first_steps(PEERS["strong"], case, 1), TOLERANCES["float32"])
        with self.assertRaisesRegex(Wrong, "gradient of shared"):
            check("shallow", expected, first_steps(Shallow, case, 1), TOLERANCES["float32"])


class NetworksTest(unittest.TestCase):
    def test_they_are_as_large_as_those_that_gimbal_builds(self):
        sizes = {("segnet_vgg16", "quarter"): 29_176_512, ("segnet_vgg16", "full"): 29_472_064,
                 ("resnet50_fcn", "quarter"): 15_412_416}
        for (name, output), parameters in sizes.items():
            with self.subTest(network=name, output=output):
                network = Network(networks.case(name, output, 1, 64, 1)["model"])
                self.assertEqual(parameters, sum(one.numel() for one in network.trunk.parameters()))

    def test_unpooling_by_a_mask_is_unpooling_by_indices_ties_and_all(self):
        torch.manual_seed(3)
        for kernel in (2, 3):
            x = torch.randn(2, 5, 4 * kernel, 6 * kernel).relu()  # ties: whole windows of zeros
            outcomes = []
            for pool, unpool in ((IndexPool("p", kernel, kernel, 0), IndexUnpool("p", kernel, kernel, 0)),
                                 (MaskPool("p", kernel), MaskUnpool("p", kernel))):
                leaf, pools = x.clone().requires_grad_(), {}
                y = unpool(pool(leaf, pools) * 3 + 1, pools)
                (y * torch.linspace(0, 1, y.numel()).reshape(y.shape)).sum().backward()
                outcomes.append((y.detach(), leaf.grad))
            for index, mask in zip(*outcomes):
                torch.testing.assert_close(mask, index, rtol=0, atol=0)

    def test_w_inside_a_residual_and_unpooling_train_alike_in_every_peer(self):
        for name in networks.NAMES:
            with tempfile.TemporaryDirectory() as folder:
                subprocess.run([sys.executable, HERE / "make_case.py", name, folder, "--batch", "4", "--size", "96",
                                "--thin", "16"], check=True)
                case = read_case(folder)
            expected = trace(case, 1, case.balance, kind=torch.float32)  # so small, roundings turn decisions over
            for kind in (EagerGradNorm, PEERS["strong"]):
                for unpool in ("index", "mask"):
                    with self.subTest(network=name, peer=kind.__name__, unpool=unpool):
                        check(name, expected, first_steps(kind, case, 1, unpool=unpool), TOLERANCES["float32"])


    def test_bf16_follows_a_deep_network_from_its_calm_start_though_not_from_the_ordinary_one(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, HERE / "make_case.py", "segnet_vgg16", folder, "--batch", "3", "--size",
                            "64", "--thin", "8"], check=True)
            case = read_case(folder)
        for calm, refusal in ((True, contextlib.nullcontext()), (False, self.assertRaises(Wrong))):
            expected = trace(case, 1, case.balance, calm=calm)
            for kind in (EagerGradNorm, PEERS["strong"]):
                with self.subTest(calm=calm, peer=kind.__name__), refusal:
                    found = Run(kind, case, Setting(CPU, precision="bf16")).trace(1, calm)
                    check(kind.__name__, expected, found, TOLERANCES["bf16"])


class FilesTest(unittest.TestCase):
    def test_tensors_come_back_as_they_were_written(self):
        tensors = {"a": torch.randn(2, 3), "b": torch.tensor([1, -2]), "none": torch.empty(0, 4),
                   "one": torch.tensor(5.0)}
        with tempfile.TemporaryDirectory() as folder:
            write_tensors(f"{folder}/x.safetensors", tensors)
            read = read_tensors(f"{folder}/x.safetensors")
        self.assertEqual(list(tensors), list(read))
        for name, tensor in read.items():
            torch.testing.assert_close(tensor, tensors[name], rtol=0, atol=0)

    def test_sizes_that_cannot_be_are_refused_by_name(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "x.safetensors"
            write_tensors(path, {"a": torch.zeros(4)})
            path.write_bytes(path.read_bytes().replace(b"[0, 16]", b"[0, 96]"))
            with self.assertRaisesRegex(CaseError, "x.safetensors: a says bytes 0 to 96"):
                read_tensors(path)
            path.write_bytes(b"\xff" * 16)
            with self.assertRaisesRegex(CaseError, "header would be"):
                read_tensors(path)


if __name__ == "__main__":
    unittest.main()
