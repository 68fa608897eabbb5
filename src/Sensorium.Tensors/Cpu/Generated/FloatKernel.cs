using System.Globalization;
using Iced.Intel;

namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>How the weight's numbers lie that a float kernel reads.</summary>
enum FloatSource
{
    /// <summary>float32.</summary>
    Floats,

    /// <summary>Pairs of bfloat16, widened in registers.</summary>
    Brains,

    /// <summary>float16, two of k a step, widened in registers.</summary>
    Halves,

    /// <summary>Pairs of bfloat16 by pairs of bfloat16: <c>vdpbf16ps</c>.</summary>
    BrainPairs,
}

/// <summary>
/// The program of a float32 product: a tile of rows by one or two groups of 16 outputs, each result one lane that takes
/// its products in the order of k, fused: to the bit what <see cref="Products.FloatTile{TVector, TOps}"/> computes. With
/// <see cref="FloatSource.BrainPairs"/> a lane takes two products a step, the upper number's first.
/// </summary>
/// <remarks>
/// Twelve rows by two vectors of 512 bits: 24 multiply-adds on two ports take twelve cycles, in which 24 loads are
/// possible and 14 needed; six rows by two vectors of 256 bits: six cycles, twelve loads and eight.
/// </remarks>
/// <param name="set">AVX2, AVX512 or AVX512-BF16.</param>
/// <param name="source">What it reads.</param>
/// <param name="rows">Rows of the tile.</param>
/// <param name="groups">Groups of 16 outputs.</param>
sealed class FloatKernel(Instructions set, FloatSource source, int rows, int groups) : KernelProgram(set)
{
    const int Unroll = 4;

    KernelWriter w = null!;

    /// <summary>What it reads.</summary>
    public FloatSource Source => source;

    /// <summary>Rows of the tile.</summary>
    public int Rows => rows;

    /// <summary>Groups of 16 outputs.</summary>
    public int Groups => groups;

    /// <inheritdoc/>
    public override string Name => string.Create(CultureInfo.InvariantCulture, $"{Kind}-{SetName}-{rows}x{groups * 16}");

    string Kind => source switch { FloatSource.Floats => "f32", FloatSource.Brains => "bf16-widened", FloatSource.Halves => "f16-widened", _ => "bf16" };

    /// <summary>Whether what comes next is fetched meanwhile: with few rows memory is busy as it is, and the processor foresees what is read from end to end better than it is told.</summary>
    bool Fetches => rows > 3;

    bool IsWide => Set != Instructions.Avx2;

    int Vectors => groups * 64 / w.Bytes;

    static Register A => KernelWriter.Pointers[0];

    static Register B(int group) => KernelWriter.Pointers[1 + group];

    static Register C => KernelWriter.Pointers[3];

    static Register Stride => KernelWriter.Pointers[4];

    static Register Next(int group) => KernelWriter.Pointers[5 + group];

    Register Sum(int row, int vector) => w.V(row * Vectors + vector);

    Register Free(int i) => w.V(rows * Vectors + i);

    /// <summary>A vector's numbers at a step.</summary>
    MemoryOperand At(int vector, int step) => IsWide ? KernelWriter.At(B(vector), step * 64) : KernelWriter.At(B(vector / 2), step * 64 + vector % 2 * 32);

    /// <inheritdoc/>
    public override byte[] Write(bool? windows = null)
    {
        w = new KernelWriter(IsWide ? 512 : 256, windows);
        Label run = w.NewLabel();
        w.Here(ref run);
        w.Field(A, 0);
        for (int group = 0; group < groups; group++)
        {
            w.Field(B(group), 1 + group);
        }

        w.Field(Stride, 4);
        if (Fetches)
        {
            w.Field(Next(0), 8);
            w.Field(Next(1), 9);
        }

        w.Field(KernelWriter.Counter, 5);
        LoadSums();
        Label loop = w.NewLabel(), rest = w.NewLabel(), single = w.NewLabel(), odd = w.NewLabel(), done = w.NewLabel();
        w.Here(ref loop);
        w.UnlessAtLeast(Unroll, rest);
        for (int step = 0; step < Unroll; step++)
        {
            Step(step);
        }

        if (Fetches)
        {
            // In the time of a loop memory gives about as much.
            for (int group = 0; group < 2; group++)
            {
                w.PrefetchFar(Next(group), 0);
                w.Add(Next(group), 64);
            }
        }

        Advance(Unroll);
        w.Add(KernelWriter.Counter, -Unroll);
        w.GoTo(loop);
        w.Here(ref rest);
        w.WhenDone(odd);
        w.Here(ref single);
        Step(0);
        Advance(1);
        w.Repeat(single);
        w.Here(ref odd);
        if (source is FloatSource.Brains or FloatSource.Halves)
        {
            w.SkipIfZero(6, done);
            Widened(0, isLast: true);
        }

        w.Here(ref done);
        w.Field(C, 3);
        EachRow((row, vector) => w.Store(KernelWriter.At(C, vector * w.Bytes), Sum(row, vector)));
        NextRun(run);
        return w.End();
    }

    /// <summary>Goes on with what comes next of the rows, the outputs or both.</summary>
    void NextRun(Label run)
    {
        w.Field(A, 11);
        w.AddToField(0, A);
        w.Field(A, 12);
        for (int group = 0; group < groups; group++)
        {
            w.AddToField(1 + group, A);
        }

        w.Field(A, 13);
        w.AddToField(3, A);
        w.RepeatField(10, run);
    }

    void LoadSums()
    {
        Label fresh = w.NewLabel(), begin = w.NewLabel();
        w.SkipIfZero(7, fresh);
        w.Field(C, 3);
        EachRow((row, vector) => w.Load(Sum(row, vector), KernelWriter.At(C, vector * w.Bytes)));
        w.GoTo(begin);
        w.Here(ref fresh);
        for (int i = 0; i < rows * Vectors; i++)
        {
            w.Zero(w.V(i));
        }

        w.Here(ref begin);
    }

    void EachRow(Action<int, int> what)
    {
        for (int row = 0; row < rows; row++)
        {
            for (int vector = 0; vector < Vectors; vector++)
            {
                what(row, vector);
            }

            if (row < rows - 1)
            {
                w.AddRegister(C, Stride);
            }
        }
    }

    /// <summary>Bytes of the rows at a step: two numbers a row where the weight has pairs.</summary>
    int StepBytes => rows * (source is FloatSource.Brains or FloatSource.Halves ? 8 : 4);

    void Advance(int steps)
    {
        w.Add(A, steps * StepBytes);
        for (int group = 0; group < groups; group++)
        {
            w.Add(B(group), steps * 64);
        }
    }

    void Step(int step)
    {
        switch (source)
        {
            case FloatSource.Floats:
                for (int vector = 0; vector < Vectors; vector++)
                {
                    w.Load(Free(vector), At(vector, step));
                }

                MultiplyAdd(step * StepBytes);
                break;
            case FloatSource.BrainPairs:
                for (int vector = 0; vector < Vectors; vector++)
                {
                    w.Load(Free(vector), At(vector, step));
                }

                for (int row = 0; row < rows; row++)
                {
                    w.BroadcastInt(Free(Vectors), KernelWriter.At(A, step * StepBytes + row * 4));
                    for (int vector = 0; vector < Vectors; vector++)
                    {
                        w.DotBrains(Sum(row, vector), Free(vector), Free(Vectors));
                    }
                }

                break;
            default:
                Widened(step, isLast: false);
                break;
        }
    }

    /// <summary>Rows by the vectors in Free(0) and behind.</summary>
    void MultiplyAdd(int at)
    {
        Register one = w.V(w.Registers - 1);
        for (int row = 0; row < rows; row++)
        {
            w.Broadcast(one, KernelWriter.At(A, at + row * 4));
            for (int vector = 0; vector < Vectors; vector++)
            {
                w.MultiplyAdd(Sum(row, vector), Free(vector), one);
            }
        }
    }

    /// <summary>Two numbers of k, or the last one alone.</summary>
    void Widened(int step, bool isLast)
    {
        for (int which = 0; which < (isLast ? 1 : 2); which++)
        {
            for (int vector = 0; vector < Vectors; vector++)
            {
                Widen(Free(vector), vector, step, which);
            }

            MultiplyAdd(step * StepBytes + which * rows * 4);
        }
    }

    /// <summary>The first or the second number of a step, as <see cref="Products.HalfPanels"/> stores them.</summary>
    void Widen(Register to, int vector, int step, int which)
    {
        if (source == FloatSource.Halves)
        {
            int at = step * 64 + which * 32;
            w.WidenHalves(to, IsWide ? KernelWriter.At(B(vector), at) : KernelWriter.At(B(vector / 2), at + vector % 2 * 16));
            return;
        }

        w.Load(to, At(vector, step));
        if (which == 0)
        {
            w.ShiftLeft32(to, to, 16);
        }
        else
        {
            w.And(to, to, w.Constant(0xffff0000));
        }
    }
}
