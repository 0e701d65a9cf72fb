"""Makes GPT-2 models of random weights with transformers, for a comparison of logits and greedy text.

    python Benchmarks/peers/gpt2_random.py FOLDER        (needs torch, transformers, safetensors)

Two sizes (2 x 64 with 1,000 tokens, 12 x 768 with 50,257), each as float32 in one file, as float16 and bfloat16, and in
shards; the small one also with an output of its own (untied). Each folder gets expected.safetensors: prompts, the
logits of every position, and 50 tokens of greedy continuation, computed by transformers in float32 from the
weights as stored. `SESAME_GPT2_MODELS=FOLDER swift test --filter PublishedGPT` compares.
"""

import os
import sys

import torch
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel

SIZES = {
    "small": dict(n_layer=2, n_embd=64, n_head=4, vocab_size=1000, n_positions=128),
    "base": dict(n_layer=12, n_embd=768, n_head=12, vocab_size=50257, n_positions=1024),
}


def make(folder, name, size, dtype=torch.float32, shard="5GB", tied=True):
    torch.manual_seed(20261121)
    sizes = SIZES[size]
    end = sizes["vocab_size"] - 1
    config = GPT2Config(**sizes, bos_token_id=end, eos_token_id=end, tie_word_embeddings=tied)
    model = GPT2LMHeadModel(config)
    # transformers' own initialization leaves logits nearly flat; wider weights make greedy choices clear.
    for parameter in model.parameters():
        if parameter.dim() >= 2:
            torch.nn.init.normal_(parameter, std=0.08 if size == "small" else 0.03)
    path = os.path.join(folder, f"{size}-{name}")
    model.to(dtype).save_pretrained(path, max_shard_size=shard)
    model = GPT2LMHeadModel.from_pretrained(path, dtype=torch.float32).eval()
    prompts = torch.randint(0, sizes["vocab_size"] - 1, (2, 24))
    with torch.inference_mode():
        logits = model(prompts).logits
        texts = []
        for prompt in prompts:
            text = prompt
            for _ in range(50):
                text = torch.cat([text, model(text[None]).logits[0, -1].argmax()[None]])
            texts.append(text[len(prompt):])
    if size == "base":  # of 50,257 columns every 16th is enough, and the file stays small
        logits = logits[:, :, ::16].contiguous()
    save_file(
        {"prompts": prompts.to(torch.int32), "logits": logits, "greedy": torch.stack(texts).to(torch.int32)},
        os.path.join(path, "expected.safetensors"))
    print(path, sorted(x for x in os.listdir(path) if "safetensors" in x))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    torch.set_num_threads(2)
    for size in SIZES:
        make(sys.argv[1], "float32", size)
        make(sys.argv[1], "float16", size, torch.float16)
        make(sys.argv[1], "bfloat16", size, torch.bfloat16)
        make(sys.argv[1], "sharded", size, shard="100KB" if size == "small" else "100MB")
        if size == "small":
            make(sys.argv[1], "untied", size, tied=False)
