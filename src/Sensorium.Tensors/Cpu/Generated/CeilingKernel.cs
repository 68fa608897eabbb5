using Iced.Intel;

namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>
/// A loop that multiplies registers and nothing else: what the best instructions for a type reach at most. Its argument
/// points to the number of rounds.
/// </summary>
/// <param name="set">The instructions: those of the kernels.</param>
/// <param name="source">null: int8; else floats or pairs of bfloat16.</param>
sealed class CeilingKernel(Instructions set, FloatSource? source) : KernelProgram(set)
{
    /// <summary>Vectors of products that a round computes.</summary>
    public const int Products = 24;

    /// <inheritdoc/>
    public override string Name => $"ceiling-{(source switch { null => "int8", FloatSource.BrainPairs => "bf16", _ => "f32" })}-{SetName}";

    bool IsWide => Set is not (Instructions.Avx2 or Instructions.AvxVnni);

    /// <summary>Multiplications and additions of a round.</summary>
    public double Operations => 2.0 * Products * (IsWide ? 64 : 32) / (source switch { null => 1, FloatSource.BrainPairs => 2, _ => 4 });

    /// <inheritdoc/>
    public override byte[] Write(bool? windows = null)
    {
        var w = new KernelWriter(IsWide ? 512 : 256, windows);

        // As many sums as hide the longest latency: twelve are enough for two products a cycle of six cycles each, more hide a late one.
        int sums = IsWide ? 24 : 12;
        for (int i = 0; i < w.Registers; i++)
        {
            w.Zero(w.V(i));
        }

        w.Field(KernelWriter.Counter, 0);
        Label loop = w.NewLabel();
        w.Here(ref loop);
        for (int i = 0; i < Products; i++)
        {
            Register sum = w.V(i % sums), a = w.V(w.Registers - 2), b = w.V(w.Registers - 1);
            switch (source)
            {
                case null when Set == Instructions.Avx2:
                    w.MultiplyBytes(w.V(6 + i % 6), a, b);
                    w.AddInt16(w.V(i % 6), w.V(i % 6), w.V(6 + i % 6));
                    break;
                case null: w.DotBytes(sum, a, b); break;
                case FloatSource.BrainPairs: w.DotBrains(sum, a, b); break;
                default: w.MultiplyAdd(sum, a, b); break;
            }
        }

        w.Repeat(loop);
        return w.End();
    }
}
