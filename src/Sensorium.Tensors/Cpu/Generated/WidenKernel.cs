using Iced.Intel;

namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>What the widening kernel is told.</summary>
unsafe struct WidenArguments
{
    /// <summary>float16 numbers.</summary>
    public ushort* From;

    /// <summary>As many of float32.</summary>
    public float* To;

    /// <summary>How many times <see cref="WidenKernel.Numbers"/>; at least one.</summary>
    public nint Count;
}

/// <summary>The program that widens float16 to float32 with <c>vcvtph2ps</c>, for which .NET has no name.</summary>
/// <param name="set">AVX2 (with F16C) or AVX512.</param>
sealed class WidenKernel(Instructions set) : KernelProgram(set)
{
    /// <summary>Numbers of a round.</summary>
    public const int Numbers = 64;

    /// <inheritdoc/>
    public override string Name => $"widen-f16-{SetName}";

    /// <inheritdoc/>
    public override byte[] Write(bool? windows = null)
    {
        var w = new KernelWriter(Set == Instructions.Avx512 ? 512 : 256, windows);
        Register from = KernelWriter.Pointers[0], to = KernelWriter.Pointers[1];
        w.Field(from, 0);
        w.Field(to, 1);
        w.Field(KernelWriter.Counter, 2);
        Label loop = w.NewLabel();
        w.Here(ref loop);
        for (int vector = 0; vector < Numbers * sizeof(float) / w.Bytes; vector++)
        {
            w.WidenHalves(w.V(vector), KernelWriter.At(from, vector * w.Bytes / 2));
            w.Store(KernelWriter.At(to, vector * w.Bytes), w.V(vector));
        }

        w.Add(from, Numbers * sizeof(ushort));
        w.Add(to, Numbers * sizeof(float));
        w.Repeat(loop);
        return w.End();
    }
}
