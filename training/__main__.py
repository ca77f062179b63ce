"""Makes the embedded models, and scores them.

    python -m training run DATA RUN              the recipe, from texts to scores
    python -m training stages                    the names of its stages
    python -m training stage NAME DATA RUN       one of them again, from what is in RUN
    python -m training adopt DATA RUN            RUN from the packaged models, for the last pass
    python -m training score DATA                the models of the package, on validation
    python -m training score DATA --card --set intent        one set again, in the tables too
    python -m training score --set clinc150 --data FILE      one of them, on a file of the same form
    python -m training pools DATA RUN ten/TASK   what is learned from in large batches, elsewhere
    python -m training fidelity DATA RUN         the loss of accuracy by int8
    python -m training export DATA RUN TASK ...  some models of a run to the package
    python -m training calibration DATA          how far the models' scores are from their accuracy
    python -m training phenomena                 the models on made texts of held-out templates
    python -m training pieces DATA               the word pieces of firmware's small vocabulary
    python -m training small DATA                the models with those pieces, beside all pieces
    python -m training home COUNT                some made sentences of the home
    python -m training questions DATA COUNT      some questions made from plain text

`run` goes on from what is in RUN: stages that are done are not run again, and pre-training goes on
from its last checkpoint.  training/README.md says what DATA holds and what each stage does.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from pathlib import Path

from .recipe import RECIPE, Recipe, miniature

Scores = dict[str, float]


def recipe_of(args: argparse.Namespace) -> Recipe:
    return miniature() if args.miniature else RECIPE


def add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("--outputs", type=Path, help="a folder for the results, not the package")
    parser.add_argument(
        "--miniature", action="store_true", help="the same stages with a few steps each"
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    add_run(commands.add_parser("run"))
    commands.add_parser("stages")
    stage = commands.add_parser("stage")
    stage.add_argument("name", metavar="NAME")
    add_run(stage)
    score = commands.add_parser("score")
    score.add_argument("folder", type=Path, nargs="?", metavar="DATA")
    score.add_argument("--set", metavar="SET")
    score.add_argument("--data", type=Path, metavar="FILE")
    score.add_argument("--baselines", action="store_true")
    score.add_argument("--card", action="store_true", help="write the card and docs/models.md")
    add_run(commands.add_parser("fidelity"))
    add_run(commands.add_parser("adopt"))
    exported = commands.add_parser("export")
    add_run(exported)
    exported.add_argument("tasks", nargs="+", metavar="TASK", help="TASK, or TASK=PASS/TASK")
    pools = commands.add_parser("pools")
    add_run(pools)
    pools.add_argument("names", nargs="+", metavar="PASS/TASK")
    calibration = commands.add_parser("calibration")
    calibration.add_argument("data", type=Path, metavar="DATA")
    commands.add_parser("phenomena")
    commands.add_parser("home").add_argument("count", type=int, metavar="COUNT")
    for name in ("pieces", "small"):
        commands.add_parser(name).add_argument("data", type=Path, metavar="DATA")
    questions = commands.add_parser("questions")
    questions.add_argument("data", type=Path, metavar="DATA")
    questions.add_argument("count", type=int, metavar="COUNT")
    return parser.parse_args()


def train(args: argparse.Namespace) -> None:
    """The commands that need PyTorch."""
    from .release.export import export
    from .release.fidelity import fidelity
    from .release.outputs import Outputs
    from .stages.adopt import adopt
    from .stages.plan import chosen, plan, run_all, run_stage
    from .stages.pooled import write_pools
    from .stages.run import Run

    if args.command == "stages":
        run = Run(Path("DATA"), Path("RUN"), RECIPE, Outputs.package())
        print("\n".join(stage.name for stage in plan(run)))
        return
    outputs = Outputs.folder(args.outputs) if args.outputs else Outputs.package()
    if args.miniature and outputs.is_package:
        raise ValueError("--miniature needs --outputs: its models are not for the package.")
    run = Run(args.data, args.run, recipe_of(args), outputs)
    if args.command == "fidelity":
        fidelity(run)
    elif args.command == "export":
        export(run, args.tasks)
    elif args.command == "adopt":
        adopt(run)
    elif args.command == "pools":
        for name in args.names:
            write_pools(run, name)
    elif args.command == "stage":
        for stage in chosen(plan(run), args.name):
            run_stage(run, stage)
    else:
        run_all(run)


def with_earlier(found: dict[str, Scores], card: Path) -> dict[str, Scores]:
    """New scores of some sets; baselines, and scores of other sets, as the card has them."""
    earlier: dict[str, Scores] = json.loads(card.read_text(encoding="utf-8"))["scores"]
    for name, scores in found.items():
        baselines = {key: value for key, value in earlier.get(name, {}).items() if key[0] == "("}
        earlier[name] = scores | {k: v for k, v in baselines.items() if k not in scores}
    return earlier


def score(args: argparse.Namespace) -> None:
    from .data.sets import Data, items
    from .release.card import write_card
    from .release.document import write_tables
    from .release.models import in_folders
    from .release.outputs import Outputs
    from .release.scores import SETS, score_sets

    outputs = Outputs.package()
    opened = in_folders(outputs.models, outputs.weights)
    known = (*SETS, "intent")
    if args.set and args.set not in known:
        raise ValueError(f"the set {args.set} is unknown: expected one of {', '.join(known)}.")
    if args.data:
        if args.set not in SETS:
            raise ValueError("--data needs --set, which says how the file is scored.")
        print(json.dumps({args.set: SETS[args.set].metric(items(args.data), opened)}))
        return
    if args.card and not args.folder:
        raise ValueError("--card needs scores: give DATA.")
    data = Data(args.folder) if args.folder else None
    found = score_sets(data, opened, args.set, args.baselines, print)
    if args.card and args.set:
        found = with_earlier(found, outputs.card)
    if args.card and outputs.document:
        write_card(found, outputs.card, outputs.document)
        write_tables(found, outputs.weights, outputs.document, opened)


def show_calibration(args: argparse.Namespace) -> None:
    from .data.sets import Data
    from .release.calibration import KINDS, collected, expected_error
    from .release.models import in_folders
    from .release.outputs import Outputs

    outputs, data = Outputs.package(), Data(args.data)
    opened = in_folders(outputs.models, outputs.weights)
    for name, (task, _) in KINDS.items():
        found = collected(name, opened(task, name), data)
        print(f"{name}: expected calibration error {expected_error(found):.3f}", flush=True)


def show_phenomena(_args: argparse.Namespace) -> None:
    from .release.models import in_folders
    from .release.outputs import Outputs
    from .release.phenomena import phenomena

    outputs = Outputs.package()
    for name, scores in phenomena(in_folders(outputs.models, outputs.weights)).items():
        print(name, json.dumps({kind: round(score, 1) for kind, score in scores.items()}))


def write_pieces(args: argparse.Namespace) -> None:
    from .data.sets import Data
    from .release.pieces import write_pieces

    write_pieces(Data(args.data))


def show_small(args: argparse.Namespace) -> None:
    from .data.sets import Data
    from .release.models import in_folders
    from .release.outputs import Outputs
    from .release.pieces import compare

    outputs = Outputs.package()
    compare(Data(args.data), in_folders(outputs.models, outputs.weights))


def show_home(args: argparse.Namespace) -> None:
    from .data.home import sentences

    for text in sentences(args.count, RECIPE.home.corpus_seed, RECIPE.home):
        print(text)


def show_questions(args: argparse.Namespace) -> None:
    from .data.questions import questions
    from .data.sets import Data

    for item in itertools.islice(questions(Data(args.data)), args.count):
        print(item["question"], "|", item["answers"]["text"][0], "|", item["context"])


def main() -> int:
    args = arguments()
    commands = {
        "score": score,
        "calibration": show_calibration,
        "phenomena": show_phenomena,
        "pieces": write_pieces,
        "small": show_small,
        "home": show_home,
        "questions": show_questions,
    }
    try:
        commands.get(args.command, train)(args)
    except (FileNotFoundError, ValueError) as error:
        print(f"training: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
