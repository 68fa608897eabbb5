using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>Lays neighbouring rows in pairs of bfloat16, by generated code where there is some.</summary>
sealed unsafe class PairCode(CompiledKernel? kernel)
{
    CompiledKernel? kernel = kernel;

    /// <summary>Rows of sixteen numbers to pairs, as <see cref="BrainPairs.Columns"/> makes them, but that what is subnormal may become zero.</summary>
    /// <param name="rows">[count][16]</param>
    /// <param name="count">How many rows; an odd last one has zeros beside it.</param>
    /// <param name="pairs">[⌈count / 2⌉][16]</param>
    public void Columns(float* rows, nint count, uint* pairs)
    {
        nint done = 0;
        if (kernel is { } code && count >= 2)
        {
            var arguments = new PairArguments { From = rows, To = pairs, Count = count / 2 };
            code.Call(&arguments);
            done = count & ~1;
        }

        BrainPairs.Columns(rows + done * Panel.Lanes, count - done, pairs + done / 2 * Panel.Lanes);
    }

    /// <summary>Whether it gives what the plain loop gives: ties, the largest numbers, infinities and what is no number, too.</summary>
    public bool Agrees()
    {
        const int Count = 33;
        uint* pairs = stackalloc uint[(Count + 1) / 2 * Panel.Lanes], expected = stackalloc uint[(Count + 1) / 2 * Panel.Lanes];
        float* rows = stackalloc float[Count * Panel.Lanes];
        var numbers = new TrialNumbers(1);
        for (int i = 0; i < Count * Panel.Lanes; i++)
        {
            // Half of them in the middle between two.
            uint bits = i % 2 == 0 ? numbers.Next() : numbers.Next() & 0xffff0000 | 0x8000;
            rows[i] = (bits & 0x7f800000) == 0 ? 0 : BitConverter.UInt32BitsToSingle(bits);
        }

        (rows[0], rows[1], rows[2], rows[3]) = (float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue);
        Columns(rows, Count, pairs);
        BrainPairs.Columns(rows, Count, expected);
        return new ReadOnlySpan<uint>(pairs, (Count + 1) / 2 * Panel.Lanes).SequenceEqual(new ReadOnlySpan<uint>(expected, (Count + 1) / 2 * Panel.Lanes));
    }

    /// <summary>Forgets the code.</summary>
    public void Clear() => kernel = null;
}
