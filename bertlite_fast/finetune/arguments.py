"""TrainingArguments: what transformers' Trainer is told, obeyed or refused by name."""

from __future__ import annotations

from ..errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import Any

STRATEGIES = ("no", "steps", "epoch")
SCHEDULES = {
    "linear": "linear", "cosine": "cosine", "constant": "constant",
    "constant_with_warmup": "constant",
}  # fmt: skip
OBEYED: dict[str, Any] = {
    "num_train_epochs": 3.0,
    "max_steps": -1,
    "per_device_train_batch_size": 8,
    "per_device_eval_batch_size": 8,
    "gradient_accumulation_steps": 1,
    "learning_rate": 5e-5,
    "lr_scheduler_type": "linear",
    "warmup_steps": 0,
    "warmup_ratio": 0.0,
    "weight_decay": 0.0,
    "adam_beta1": 0.9,
    "adam_beta2": 0.999,
    "adam_epsilon": 1e-8,
    "max_grad_norm": 1.0,
    "label_smoothing_factor": 0.0,
    "eval_strategy": "no",
    "eval_steps": None,
    "save_strategy": "steps",
    "save_steps": 500,
    "save_total_limit": None,
    "logging_strategy": "steps",
    "logging_steps": 500,
    "logging_first_step": False,
    "load_best_model_at_end": False,
    "metric_for_best_model": None,
    "greater_is_better": None,
    "resume_from_checkpoint": None,
    "dataloader_drop_last": False,
    "seed": 42,
    "data_seed": None,
    "disable_tqdm": None,
}
OLD_NAMES = {
    "evaluation_strategy": "eval_strategy",
    "per_gpu_train_batch_size": "per_device_train_batch_size",
    "per_gpu_eval_batch_size": "per_device_eval_batch_size",
}
# What changes nothing here: the result does not depend on it, or nothing is ever sent or shown.
IGNORED = (
    "logging_dir", "report_to", "run_name", "do_train", "do_eval", "do_predict", "no_cuda",
    "use_cpu", "use_mps_device", "dataloader_num_workers", "dataloader_pin_memory",
    "dataloader_persistent_workers", "dataloader_prefetch_factor", "group_by_length",
    "length_column_name", "remove_unused_columns", "overwrite_output_dir", "save_safetensors",
    "eval_accumulation_steps", "auto_find_batch_size", "skip_memory_metrics", "log_level",
    "log_on_each_node", "logging_nan_inf_filter", "full_determinism", "local_rank", "ddp_backend",
    "gradient_checkpointing", "gradient_checkpointing_kwargs", "eval_do_concat_batches",
    "include_tokens_per_second", "include_num_input_tokens_seen", "save_only_model",
    "restore_callback_states_from_checkpoint", "tf32", "jit_mode_eval", "prediction_loss_only",
    "fp16_full_eval", "bf16_full_eval", "fp16_opt_level", "half_precision_backend", "use_ipex",
    "torch_compile_backend", "torch_compile_mode", "torch_empty_cache_steps", "use_cache",
    "use_liger_kernel", "liger_kernel_config", "activation_checkpointing",
    "activation_checkpointing_kwargs", "average_tokens_across_devices", "accelerator_config",
    "parallelism_config", "fsdp_config", "fsdp_min_num_params", "ddp_find_unused_parameters",
    "ddp_bucket_cap_mb", "ddp_broadcast_buffers", "ddp_static_graph", "ddp_timeout",
    "dataloader_multiprocessing_context", "dataloader_in_order", "log_level_replica", "project",
    "trackio_space_id", "trackio_bucket_id", "trackio_static_space_id", "save_on_each_node",
    "enable_jit_checkpoint", "hub_token", "hub_private_repo", "hub_model_id", "hub_strategy",
    "hub_always_push", "hub_revision", "eval_use_gather_object", "debug", "tpu_num_cores",
    "past_index", "mp_parameters", "dispatch_batches", "split_batches", "ray_scope",
)  # fmt: skip
REFUSED = {
    "fp16": "training is done in fp32; leave it out",
    "bf16": "training is done in fp32; leave it out",
    "deepspeed": "training runs in one process; leave it out",
    "fsdp": "training runs in one process; leave it out",
    "torch_compile": "torch does not run; leave it out",
    "push_to_hub": "nothing is uploaded; upload the folder with huggingface_hub",
    "neftune_noise_alpha": "leave it out",
    "label_names": "call the column label or labels",
    "optim_args": "leave it out",
    "optim_target_modules": "every weight is trained; leave it out",
    "eval_delay": "the first evaluation is after the first epoch or eval_steps; leave it out",
    "eval_on_start": "call evaluate() before train()",
    "batch_eval_metrics": "compute_metrics gets all predictions at once; leave it out",
    "include_for_metrics": "compute_metrics gets predictions and labels; leave it out",
    "include_inputs_for_metrics": "compute_metrics gets predictions and labels; leave it out",
    "ignore_data_skip": "training goes on behind the rows that were seen; leave it out",
    "lr_scheduler_kwargs": "leave it out",
}


class TrainingArguments:
    """The numbers of a training, under the names that transformers uses, with its defaults."""

    output_dir: str

    def __init__(self, output_dir: str | os.PathLike[str] | None = None, **arguments: Any) -> None:
        import os

        self.output_dir = "trainer_output" if output_dir is None else os.fspath(output_dir)
        given = {OLD_NAMES.get(name, name): value for name, value in arguments.items()}
        for name, value in given.items():
            if name in REFUSED and value:
                raise InputError(f"{name} cannot be obeyed: {REFUSED[name]}.")
            if name == "optim" and not str(value).startswith(("adamw", "OptimizerNames.ADAMW")):
                raise InputError(f"optim is {value!r}; training is done with AdamW only.")
            if name == "train_sampling_strategy" and str(value) not in ("None", "random"):
                raise InputError(f"{name} is {value!r}; rows come in random order only.")
            if name not in (*OBEYED, *IGNORED, *REFUSED, "optim", "train_sampling_strategy"):
                raise InputError(
                    f"{name!r} is not an argument of TrainingArguments that is known here; "
                    "leave it out, or train with transformers."
                )
        self.__dict__.update({name: given.get(name, value) for name, value in OBEYED.items()})
        self.__dict__.update({n: v for n, v in given.items() if n not in OBEYED})
        for name in ("eval_strategy", "save_strategy", "logging_strategy", "lr_scheduler_type"):
            value = self.__dict__[name]
            self.__dict__[name] = str(getattr(value, "value", value))  # an enum's, or a str
        self._check()

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"TrainingArguments does not have {name!r}.")

    def _check(self) -> None:
        for name in ("eval_strategy", "save_strategy", "logging_strategy"):
            allowed = (*STRATEGIES, "best") if name == "save_strategy" else STRATEGIES
            if getattr(self, name) not in allowed:
                raise InputError(f"{name} is {getattr(self, name)!r}; it can be {allowed}.")
        if self.lr_scheduler_type not in SCHEDULES:
            raise InputError(
                f"lr_scheduler_type is {self.lr_scheduler_type!r}; "
                f"it can be {', '.join(SCHEDULES)}."
            )
        for name in ("per_device_train_batch_size", "per_device_eval_batch_size",
                     "gradient_accumulation_steps"):  # fmt: skip
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise InputError(f"{name} is {value!r}; it has to be a whole number, 1 or more.")
        for name in ("num_train_epochs", "learning_rate", "weight_decay", "max_grad_norm",
                     "warmup_steps", "warmup_ratio"):  # fmt: skip
            value = getattr(self, name)
            if value is None:
                self.__dict__[name] = OBEYED[name]
            elif isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
                raise InputError(f"{name} is {value!r}; it has to be a number, 0 or more.")
        if self.load_best_model_at_end and self.eval_strategy == "no":
            raise InputError("load_best_model_at_end needs evaluation; set eval_strategy='epoch'.")

    @property
    def schedule(self) -> str:
        return SCHEDULES[self.lr_scheduler_type]

    def warmup(self, steps: int) -> int:
        """Steps of warm-up of so many; as a share, if it is below 1."""
        if self.warmup_steps >= 1:
            return int(self.warmup_steps)
        share = self.warmup_steps or self.warmup_ratio
        return -int(-steps * share // 1)

    def to_dict(self) -> dict[str, Any]:
        return dict(self.__dict__)

    def __repr__(self) -> str:
        changed = {n: v for n, v in self.__dict__.items() if OBEYED.get(n, ...) != v}
        return f"TrainingArguments({', '.join(f'{n}={v!r}' for n, v in changed.items())})"


def set_seed(seed: int, deterministic: bool = False) -> None:
    """Seed Python's random numbers, and those of NumPy and torch where these are imported.

    Training takes its own seed, TrainingArguments(seed=...), and is deterministic in any case.
    """
    import random
    import sys

    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
