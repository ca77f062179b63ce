"""The table of commands. To add one, write its class in a file here and add a line.

Each class says what its command takes, how it calls the pipeline and how it prints the answer.
A command's file is imported when the command is called.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .base import Command

# command: (its file, its class there, what it is for)
COMMANDS = {
    "fill-mask": ("words", "FillMask", "words for [MASK]"),
    "ask": ("answers", "Ask", "an answer found in a text"),
    "ner": ("entities", "Names", "names in texts"),
    "tag": ("entities", "Tags", "a label for every word"),
    "slots": ("entities", "Slots", "devices, rooms, times and other values in a command"),
    "classify": ("labels", "Classify", "a label for a text, by default its emotion"),
    "sentiment": ("labels", "Sentiment", "whether a text is positive or negative"),
    "intent": ("labels", "Intent", "what a text asks for, or none if that is unknown"),
    "zero-shot": ("labels", "ZeroShot", "the closest of your own labels"),
    "similar": ("vectors", "Similar", "how similar the first text is to the others"),
    "rerank": ("rerank", "Rerank", "how well lines fit a question, by a model for pairs of texts"),
    "search": ("vectors", "Search", "the closest lines of files or of standard input"),
    "index": ("index", "Index", "an index in a file: built, added to and searched"),
    "embed": ("vectors", "Embed", "texts as vectors"),
    "finetune": ("finetune", "Finetune", "a model for your own labels, from a file of examples"),
    "convert": ("convert", "Convert", "a model's folder as one int8 file"),
    "firmware": ("firmware", "Firmware", "a model and a program for a microcontroller"),
    "info": ("installation", "Info", "version, instruction sets, models"),
    "bench": ("bench", "Bench", "how fast this machine answers, measured and checked"),
    "serve": ("services", "Serve", "answers over HTTP, for programs and in a page"),
    "wyoming": ("services", "Wyoming", "intents for homes, over the Wyoming protocol"),
    "mqtt": ("services", "Mqtt", "answers to texts on topics of an MQTT broker"),
    "completion": ("installation", "Completion", "completion for a shell"),
}


def command_of(name: str) -> Command:
    from importlib import import_module

    file, kind, purpose = COMMANDS[name]
    command: Command = getattr(import_module(f".{file}", __package__), kind)(name, purpose)
    return command
