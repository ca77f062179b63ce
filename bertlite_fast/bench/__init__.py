"""bertlite-fast bench: what this machine can do, measured so that others can rely on it.

    command.py      the run from start to end: correctness first, then measurements in turn
    cases.py        what is measured: tasks, lengths, texts
    sampling.py     calls and their times, for a given time
    worker.py       a process on one instruction set that measures on request
    processes.py    the parent's side of such a process: it may crash or hang
    startup.py      fresh processes: import, first answer, memory
    limits.py       what the processor and its memory reach without a model
    machine.py      the board, its processor, system and Python
    sensors.py      frequencies, temperatures, throttling: what changes during a run
    statistics.py   medians, percentiles, and how far rounds disagree
    document.py     the results as JSON: written, read, upgraded
    schema.py       checks a document against schema.json
    table.py        the results for people
    share.py        the file and the pull request text for bench/community
    charts.py       what a report shows: rows and pictures
    report.py       a page of several boards, made by ../pages.py
    progress.py     a progress bar

Nothing here is imported unless the command runs.
"""
