"""The nine tasks, answered by the models inside the package."""

from __future__ import annotations

import time

import bertlite_fast as bf
from bertlite_fast import pipeline


def main() -> None:
    available = ", ".join(bf.available_isas())
    print(f"bertlite_fast {bf.__version__} on {bf.active_isa()} (this machine has {available})\n")

    text = "Please [MASK] the lights before you go to bed."
    print("fill-mask           ", text)
    for guess in pipeline("fill-mask")(text, top_k=3):
        print(f"                       {guess['token_str']} {guess['score']:.2f}")

    context = "In 1969, Neil Armstrong became the first human to walk on the moon."
    question = "Who was the first human to walk on the moon?"
    answer = pipeline("question-answering")(question=question, context=context)
    print("question-answering  ", question, "->", answer["answer"])

    text = "Elon Musk visited Paris"
    names = ", ".join(f"{e['word']} {e['entity']}" for e in pipeline("ner")(text))
    print("ner                 ", text, "->", names)

    text = "The quick brown fox jumps"
    tags = " ".join(f"{t['word']}/{t['entity']}" for t in pipeline("token-classification")(text))
    print("token-classification", tags)

    text = "dim the lamp in the bedroom at nine"
    slots = pipeline("token-classification", "bertlite/slots")
    values = ", ".join(f"{e['entity']}: {e['word']}" for e in slots(text))
    print("slots               ", text, "->", values)

    intents = pipeline("intent-classification")
    for text in (
        "Turn on the light in the kitchen",
        "wake me up at seven",
        "The river flows through three provinces.",
    ):
        intent = intents(text)
        print("intent              ", text, "->", intent["label"], f"{intent['score']:.2f}")

    text = "I love this new smartwatch!"
    print("sentiment           ", text, "->", pipeline("sentiment-analysis")(text))

    text = "I did not expect that at all"
    print("text-classification ", text, "->", pipeline("text-classification")(text))

    text = "I need help with my account"
    labels = ["account issue", "payment issue", "general inquiry"]
    ranking = pipeline("zero-shot-classification")(text, candidate_labels=labels)
    print("zero-shot           ", text, "->", ranking["labels"][0], f"{ranking['scores'][0]:.2f}")

    similarity = pipeline("sentence-similarity")
    print(
        "similarity          ",
        f"{similarity('I want to book a flight', 'Reserve a plane ticket'):.2f}",
        f"{similarity('I want to book a flight', 'Water the plants'):.2f}",
    )

    calls = 2000
    start = time.perf_counter()
    for _ in range(calls):
        intents("Turn on the light in the kitchen")
    microseconds = (time.perf_counter() - start) / calls * 1e6
    print(f"\none intent, from text to answer: {microseconds:.1f} us")


if __name__ == "__main__":
    main()
