"""Writes prompt-gpt2/: a tiny random GPT-2 of transformers with a byte-level BPE, and what it says to prompts.

usage: python make_prompt_goldens.py        (needs torch, transformers, tokenizers and safetensors)

Prompts are put together here, apart from Sesame's code: instruction, examples and question with an empty line
between; an answer's tokens are those that prompt and answer have beyond the prompt's. Log-likelihoods are
computed in float64 from float32 weights, each prompt and answer in a pass of its own. Calibration is that of
Zhao et al. 2021: probabilities divided by the mean of those after "N/A", "" and "[MASK]", and normalised.
"""

import json
import os

import tokenizers
import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

SEED = 20261121
HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "prompt-gpt2")

EXAMPLES = [
    ("A delight from start to end.", "great", "positive"),
    ("Dull, loud and far too long.", "terrible", "negative"),
    ("The cast is better than the story.", "not so bad", "mixed"),
]
ANSWERS = {"negative": "terrible", "positive": "great", "mixed": "not so bad"}
TEXTS = ["What a lovely, quiet film!", "I left before the end.", "Fine songs, no story.", "Loud."]


def make_tokenizer():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    words = [text for text, _, _ in EXAMPLES] + TEXTS + list(ANSWERS.values())
    trainer = trainers.BpeTrainer(
        vocab_size=330, special_tokens=["<|endoftext|>"], show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(["Review: " + w + "\nIt was " + w for w in words] * 3, trainer)
    return tokenizer


def question(text):
    return f"Review: {text}\nIt was"


def make_prompt(instruction, examples, text):
    parts = ([instruction] if instruction else []) + [
        f"{question(t)} {words}." for t, words, _ in examples] + [question(text)]
    return "\n\n".join(parts)


def answer_tokens(tokenizer, prompt, words):
    ids = tokenizer.encode(prompt).ids
    whole = tokenizer.encode(prompt + " " + words).ids
    assert whole[:len(ids)] == ids and len(whole) > len(ids), (prompt, words)
    return ids, whole[len(ids):]


def likelihoods(model, tokenizer, prompt):
    """The sum of each answer's log-probabilities, and its number of tokens."""
    sums, counts = [], []
    for words in ANSWERS.values():
        ids, answer = answer_tokens(tokenizer, prompt, words)
        logits = model(torch.tensor([ids + answer])).logits[0]
        logs = torch.log_softmax(logits, -1)
        sums.append(sum(logs[len(ids) - 1 + i, token].item() for i, token in enumerate(answer)))
        counts.append(len(answer))
    return torch.tensor(sums, dtype=torch.float64), torch.tensor(counts, dtype=torch.float64)


def main():
    torch.manual_seed(SEED)
    os.makedirs(FOLDER, exist_ok=True)
    tokenizer = make_tokenizer()
    config = transformers.GPT2Config(
        vocab_size=tokenizer.get_vocab_size(), n_positions=160, n_embd=32, n_layer=2, n_head=4,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, attn_implementation="eager",
        bos_token_id=0, eos_token_id=0)
    model = transformers.GPT2LMHeadModel(config)
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape) * 0.2
        parameter.data = 1 + noise if "ln_" in name and "weight" in name else noise
    model.save_pretrained(FOLDER)
    tokenizer.save(os.path.join(FOLDER, "tokenizer.json"))
    model = model.double().eval()

    cases = []
    for instruction in ["", "Sentiment of reviews."]:
        for shots in range(len(EXAMPLES) + 1):
            examples = EXAMPLES[:shots]
            base = []
            for empty in ["N/A", "", "[MASK]"]:
                base.append(likelihoods(model, tokenizer, make_prompt(instruction, examples, empty)))
            for text in TEXTS:
                prompt = make_prompt(instruction, examples, text)
                sums, counts = likelihoods(model, tokenizer, prompt)
                case = {
                    "instruction": instruction, "shots": shots, "text": text, "prompt": prompt,
                    "promptTokens": len(tokenizer.encode(prompt).ids),
                    "logLikelihoods": sums.tolist(), "tokenCounts": [int(c) for c in counts],
                }
                for scoring in ["sum", "mean"]:
                    def scores(pair):
                        return torch.softmax(pair[0] / (pair[1] if scoring == "mean" else 1), 0)
                    plain = scores((sums, counts))
                    free = torch.stack([scores(pair) for pair in base]).mean(0)
                    calibrated = plain / free
                    case[scoring] = plain.tolist()
                    case[scoring + "Calibrated"] = (calibrated / calibrated.sum()).tolist()
                cases.append(case)
    golden = {
        "script": "Tests/SesameTrainingTests/Goldens/make_prompt_goldens.py", "seed": SEED,
        "torch": torch.__version__, "transformers": transformers.__version__,
        "tokenizers": tokenizers.__version__,
        "examples": [{"text": t, "label": label} for t, _, label in EXAMPLES],
        "answers": [{"label": label, "words": words} for label, words in ANSWERS.items()],
        "cases": cases,
    }
    with open(os.path.join(FOLDER, "prompts.json"), "w") as file:
        json.dump(golden, file, indent=0)
    for name in ["generation_config.json"]:
        if os.path.exists(os.path.join(FOLDER, name)):
            os.remove(os.path.join(FOLDER, name))
    print(max(case["promptTokens"] for case in cases), "tokens in the longest prompt")


if __name__ == "__main__":
    main()
