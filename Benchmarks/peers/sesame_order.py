"""The order in which Sesame goes through training examples, so that PyTorch can take the same steps.

    order(count, seed, epoch)        indices, as `SequenceDataset` has them in that epoch (from 0)

Random numbers are Philox 4x32-10 (Salmon et al. 2011) with a counter of (number, stream) and the seed as key; value i of a
stream is word i // 16 % 4 of the block numbered i // 64 * 16 + i % 16. Streams of an epoch come from splitmix64's finalizer.
"""

MASK32, MASK64 = (1 << 32) - 1, (1 << 64) - 1
ORDER = int.from_bytes(b"orde", "big")


def mix(value):
    z = (value + 0x9E3779B97F4A7C15) & MASK64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK64
    return z ^ (z >> 31)


def derived(stream, site):
    return mix((mix(stream) + site) & MASK64)


def philox(number, stream, seed):
    c = [number & MASK32, number >> 32, stream & MASK32, stream >> 32]
    k = [seed & MASK32, seed >> 32]
    for _ in range(10):
        a, b = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [(b >> 32) ^ c[1] ^ k[0], b & MASK32, (a >> 32) ^ c[3] ^ k[1], a & MASK32]
        k = [(k[0] + 0x9E3779B9) & MASK32, (k[1] + 0xBB67AE85) & MASK32]
    return c


def values(stream, seed):
    group = 0
    while True:
        blocks = [philox(group * 16 + lane, stream, seed) for lane in range(16)]
        for word in range(4):
            for lane in range(16):
                yield blocks[lane][word]
        group += 1


def order(count, seed, epoch):
    """Fisher and Yates, with Lemire's integers (2019) of 64 bits, low half first."""
    bits = values(derived(derived(ORDER, epoch), 0), seed)
    result = list(range(count))
    for index in range(count - 1, 0, -1):
        bound = index + 1
        while True:
            product = (next(bits) | next(bits) << 32) * bound
            if (product & MASK64) >= ((1 << 64) - bound) % bound:
                break
        other = product >> 64
        result[index], result[other] = result[other], result[index]
    return result
