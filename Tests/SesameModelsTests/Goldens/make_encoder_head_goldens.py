"""Writes the PyTorch goldens of tagging, span question answering and multiple choice with a BERT.

usage: python make_encoder_head_goldens.py        (needs what make_goldens.py needs)

As in make_goldens.py: float64 from float32 weights, rounded once. Each file holds weights, inputs, logits, the loss and the
gradients of Hugging Face's BertForTokenClassification, BertForQuestionAnswering and BertForMultipleChoice.

transformers lets padding compete as the start or end of an answer, Sesame does not compute it: in "spans" the padded
logits are set to -1e30 before the cross-entropy, which is transformers' own loss wherever nothing is padded ("unpadded").
"""

import os

import torch
import torch.nn.functional as F
import transformers

from make_goldens import HERE, SEED, parameters_and_gradients, randomize, save


def config(**more):
    return transformers.BertConfig(
        vocab_size=31, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=16, type_vocab_size=2, hidden_act="gelu", layer_norm_eps=1e-12,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, attn_implementation="eager", **more)


def batch(rows, time, lengths):
    ids = torch.randint(1, 31, (rows, time))  # 0 is padding, whose vector transformers does not train
    mask = (torch.arange(time)[None, :] < torch.tensor(lengths)[:, None]).long()
    return ids, mask


def tags():
    torch.manual_seed(SEED + 40)
    model = randomize(transformers.BertForTokenClassification(config(num_labels=5)).double(), 0.2)
    ids, mask = batch(4, 12, [12, 9, 7, 12])
    # Labels at first pieces alone; special tokens, other pieces and padding have none.
    labels = torch.full((4, 12), -100)
    for row, places in enumerate([[1, 2, 4, 5, 9, 10], [1, 4, 5], [2, 3, 5], [1, 2, 3, 4, 5, 6, 7, 8]]):
        labels[row, places] = torch.randint(0, 5, (len(places),))
    run = lambda: model(ids, attention_mask=mask, labels=labels)
    tensors = parameters_and_gradients(model, run().loss)
    tensors.update(ids=ids, mask=mask, labels=labels, logits=run().logits, loss=run().loss)
    save(os.path.join(HERE, "tags.safetensors"), tensors)


def spans():
    torch.manual_seed(SEED + 41)
    model = randomize(transformers.BertForQuestionAnswering(config()).double(), 0.2)
    ids, mask = batch(4, 12, [12, 9, 7, 12])
    types = torch.zeros(4, 12, dtype=torch.long)
    types[0, 4:], types[1, 3:9], types[2, 5:7], types[3, 6:] = 1, 1, 1, 1
    starts, ends = torch.tensor([5, 0, 5, 6]), torch.tensor([7, 0, 5, 10])

    def run():
        out = model(ids, token_type_ids=types, attention_mask=mask)
        hidden = mask == 0
        return out.start_logits.masked_fill(hidden, -1e30), out.end_logits.masked_fill(hidden, -1e30)

    def loss():
        first, last = run()
        return (F.cross_entropy(first, starts) + F.cross_entropy(last, ends)) / 2

    tensors = parameters_and_gradients(model, loss())
    full = [0, 3]
    own = model(ids[full], token_type_ids=types[full], start_positions=starts[full], end_positions=ends[full]).loss
    tensors.update(ids=ids, types=types, mask=mask, starts=starts, ends=ends, start_logits=run()[0],
                   end_logits=run()[1], loss=loss(), unpadded=own)
    save(os.path.join(HERE, "spans.safetensors"), tensors)


def choices():
    torch.manual_seed(SEED + 42)
    model = randomize(transformers.BertForMultipleChoice(config()).double(), 0.2)
    ids, mask = batch(6, 12, [12, 9, 7, 10, 10, 12])
    types = torch.zeros(6, 12, dtype=torch.long)
    for row, (start, end) in enumerate([(6, 12), (6, 9), (6, 7), (4, 10), (4, 10), (4, 12)]):
        types[row, start:end] = 1
    labels = torch.tensor([2, 0])
    shape = lambda x: x.reshape(2, 3, 12)
    run = lambda: model(shape(ids), token_type_ids=shape(types), attention_mask=shape(mask), labels=labels)
    tensors = parameters_and_gradients(model, run().loss)
    tensors.update(ids=ids, types=types, mask=mask, labels=labels, logits=run().logits, loss=run().loss)
    save(os.path.join(HERE, "choices.safetensors"), tensors)


if __name__ == "__main__":
    tags()
    spans()
    choices()
