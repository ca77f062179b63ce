"""Write answers.json: answers of transformers 4's question-answering pipeline, which 5 removed.

pip install torch 'transformers==4.57.1', then python tests/reference/make_answers.py
"""

import json
import random
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))


def main() -> None:
    import test_tasks
    import transformers

    transformers.logging.set_verbosity_error()
    r = random.Random(11)
    with tempfile.TemporaryDirectory() as scratch:
        folder = test_tasks.make(Path(scratch) / "q", "question-answering", ["start", "end"])
        pipe = transformers.pipeline(
            "question-answering", model=str(folder), tokenizer=str(folder), device="cpu"
        )
        answers = []
        for i, context in enumerate(
            test_tasks.texts(60, seed=7, most=40) + test_tasks.texts(8, seed=8, most=400)
        ):
            question = test_tasks.texts(1, seed=100 + i, most=8)[0]
            settings: dict[str, object] = {}
            for name, values in {
                "top_k": (1, 3),
                "max_answer_len": (1, 4, 15),
                "handle_impossible_answer": (True,),
                "align_to_words": (False, True),
                "doc_stride": (4, 10),
                "max_seq_len": (32, 48),
            }.items():
                if r.random() < 0.4:
                    settings[name] = r.choice(values)
            answers.append(
                [question, context, settings, pipe(question=question, context=context, **settings)]
            )
    made = {"transformers": transformers.__version__, "answers": answers}
    (HERE / "answers.json").write_text(
        json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
