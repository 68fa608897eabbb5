using Iced.Intel;

namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>What the pairing kernel is told.</summary>
unsafe struct PairArguments
{
    /// <summary>Rows of sixteen float32 numbers, one behind the other.</summary>
    public float* From;

    /// <summary>Sixteen pairs for every two of them.</summary>
    public uint* To;

    /// <summary>How many times two rows; at least one.</summary>
    public nint Count;
}

/// <summary>
/// The program that rounds neighbouring rows to bfloat16 and lays them in pairs, as <c>vdpbf16ps</c> takes them, with
/// <c>vcvtne2ps2bf16</c>, for which .NET has no name. What is subnormal becomes zero.
/// </summary>
sealed class PairKernel() : KernelProgram(Instructions.Avx512Bf16)
{
    /// <inheritdoc/>
    public override string Name => $"pair-bf16-{SetName}";

    /// <inheritdoc/>
    public override byte[] Write(bool? windows = null)
    {
        var w = new KernelWriter(512, windows);
        Register from = KernelWriter.Pointers[0], to = KernelWriter.Pointers[1], order = w.V(0), pairs = w.V(1);
        ushort[] interleaved = [.. Enumerable.Range(0, 32).Select(i => (ushort)(i / 2 + i % 2 * 16))];
        w.Load(order, w.Constant(interleaved));
        w.Field(from, 0);
        w.Field(to, 1);
        w.Field(KernelWriter.Counter, 2);
        Label loop = w.NewLabel();
        w.Here(ref loop);
        w.Load(pairs, KernelWriter.At(from, 64));
        w.ToBrains(pairs, KernelWriter.At(from), pairs);
        w.PermuteWords(pairs, order, pairs);
        w.Store(KernelWriter.At(to), pairs);
        w.Add(from, 128);
        w.Add(to, 64);
        w.Repeat(loop);
        return w.End();
    }
}
