namespace Sensorium.Tensors;

/// <summary>
/// A stack of native memory for the results of operations: 64-byte aligned, freed by going back to a mark. Chunks stay
/// allocated for the next pass, so a steady step allocates nothing.
/// </summary>
sealed unsafe class Scratch : IDisposable
{
    const nint FirstChunk = 1 << 20;

    readonly List<(nint Address, nint Size)> chunks = [];
    int chunk;
    nint used;

    /// <summary>A place to go back to.</summary>
    internal readonly record struct Mark(int Chunk, nint Used);

    /// <summary>The present top.</summary>
    public Mark Top => new(chunk, used);

    /// <summary>Bytes held from the system.</summary>
    public long HeldBytes
    {
        get
        {
            long sum = 0;
            foreach ((_, nint size) in chunks)
            {
                sum += size;
            }

            return sum;
        }
    }

    public byte* Allocate(nint bytes)
    {
        bytes = Math.Max(NativeBlock.Aligned(bytes), NativeBlock.Alignment);
        while (chunk < chunks.Count)
        {
            (nint address, nint size) = chunks[chunk];
            if (used + bytes <= size)
            {
                byte* result = (byte*)address + used;
                used += bytes;
                return result;
            }

            chunk++;
            used = 0;
        }

        nint last = chunks.Count == 0 ? FirstChunk / 2 : chunks[^1].Size;
        nint wanted = Math.Max(bytes, last * 2);
        byte* fresh = NativeBlock.Allocate(wanted, out nint held);
        chunks.Add(((nint)fresh, held));
        used = bytes;
        return fresh;
    }

    public void Release(Mark mark)
    {
        chunk = mark.Chunk;
        used = mark.Used;
    }

    public void Dispose()
    {
        foreach ((nint address, _) in chunks)
        {
            NativeBlock.Free((void*)address);
        }

        chunks.Clear();
        chunk = 0;
        used = 0;
    }
}
