"""Writes gpt-finetuning.safetensors: GPT-1's losses of a task and of the language, and all gradients, from PyTorch.

usage: python make_gpt_finetuning_goldens.py        (needs torch, transformers, numpy and safetensors)

A GPT-2 of transformers in float64 with three tokens of their own (start, delimiter, extract) behind 40 others. Every
form is put together here: `start text extract`, `start first delimiter second extract`, both orders with their
states added, and a choice among such pairs. The loss is the task's plus 0.5 times the mean cross-entropy of
all next tokens of the batch (Radford et al. 2018, equation 5).
"""

import os

import torch
import torch.nn.functional as F
import transformers

from make_goldens import HERE, SEED, parameters_and_gradients, randomize, save

WORDS, START, DELIMITER, EXTRACT = 40, 40, 41, 42
LAMBDA = 0.5


class Model(torch.nn.Module):
    def __init__(self, outputs):
        super().__init__()
        config = transformers.GPT2Config(
            vocab_size=WORDS + 3, n_positions=24, n_embd=16, n_layer=2, n_head=2, resid_pdrop=0.0,
            embd_pdrop=0.0, attn_pdrop=0.0, attn_implementation="eager", bos_token_id=0, eos_token_id=0)
        self.transformer = transformers.GPT2Model(config)
        self.score = torch.nn.Linear(16, outputs, bias=False)

    def forward(self, texts):
        """The extract token's state of each text, and the mean loss of all next tokens."""
        states, total, count = [], 0.0, 0
        for text in texts:
            ids = torch.tensor([text])
            hidden = self.transformer(ids).last_hidden_state[0]
            logits = hidden[:-1] @ self.transformer.wte.weight.T
            total = total + F.cross_entropy(logits, ids[0, 1:], reduction="sum")
            count += len(text) - 1
            states.append(hidden[-1])
        return torch.stack(states), total / count


def words(count):
    return torch.randint(0, WORDS, (count,)).tolist()


def pair(a, b):
    return [START, *a, DELIMITER, *b, EXTRACT]


def case(name, outputs, texts, task, tensors):
    model = randomize(Model(outputs).double(), 0.2)

    def losses():
        states, language = model(texts)
        return task(model, states), language

    task_loss, language = losses()
    for key, value in parameters_and_gradients(model, task_loss + LAMBDA * language).items():
        tensors[f"{name}/{key}"] = value
    tensors[f"{name}/task"], tensors[f"{name}/language"] = task_loss, language
    time = max(len(text) for text in texts)
    tensors[f"{name}/ids"] = torch.tensor([text + [0] * (time - len(text)) for text in texts])
    tensors[f"{name}/lengths"] = torch.tensor([len(text) for text in texts])


def main():
    torch.manual_seed(SEED + 40)
    tensors = {}
    labels = torch.tensor([2, 0, 1])
    tensors["classification/targets"] = labels
    case("classification", 3, [[START, *words(n), EXTRACT] for n in (5, 9, 1)],
         lambda model, states: F.cross_entropy(model.score(states), labels), tensors)
    tensors["entailment/targets"] = labels
    case("entailment", 3, [pair(words(a), words(b)) for a, b in ((4, 6), (1, 2), (8, 3))],
         lambda model, states: F.cross_entropy(model.score(states), labels), tensors)
    scores = torch.tensor([0.5, 3.25, 1.75], dtype=torch.float64)
    texts = [(words(a), words(b)) for a, b in ((4, 6), (1, 2), (8, 3))]
    tensors["similarity/targets"] = scores
    case("similarity", 1, [pair(a, b) for a, b in texts] + [pair(b, a) for a, b in texts],
         lambda model, states: F.mse_loss(model.score(states[:3] + states[3:])[:, 0], scores), tensors)
    right = torch.tensor([1, 3])
    tensors["choice/targets"] = right
    contexts = [words(7), words(3)]
    case("choice", 1, [pair(context, words(n)) for context in contexts for n in (2, 5, 1, 4)],
         lambda model, states: F.cross_entropy(model.score(states).view(2, 4), right), tensors)
    save(os.path.join(HERE, "gpt-finetuning.safetensors"), tensors)


if __name__ == "__main__":
    main()
