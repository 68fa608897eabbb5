using System.Globalization;
using Iced.Intel;

namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>What a page kernel is told.</summary>
unsafe struct PageArguments
{
    /// <summary>[rows][steps]: queries, or the weights of keys.</summary>
    public float* A;

    /// <summary>Bytes from row to row of a.</summary>
    public nint AStride;

    /// <summary>[steps][columns] float16: keys, a number of all of them a step; or values, one a step.</summary>
    public ushort* B;

    /// <summary>Bytes from step to step of b.</summary>
    public nint BStride;

    /// <summary>[rows][columns]</summary>
    public float* C;

    /// <summary>Bytes from row to row of c.</summary>
    public nint CStride;

    /// <summary>At least one.</summary>
    public nint Steps;

    /// <summary>Not zero: c holds sums to go on from.</summary>
    public nint Add;

    /// <summary>What is read after this and lies like b: it is fetched meanwhile.</summary>
    public void* Next;
}

/// <summary>
/// The program of attention's products for few rows: c = a b, or c += a b, with b in float16 as a page of keys and values
/// has it, widened in registers. Each result is one lane that takes its products in the order of the steps, fused.
/// </summary>
/// <remarks>With few rows a page is read as fast as memory gives it; to widen it into other memory first would take longer than the products.</remarks>
/// <param name="set">AVX2 (with F16C) or AVX512.</param>
/// <param name="rows">Rows, at most <see cref="MostRows"/>.</param>
/// <param name="columns">A whole number of vectors, at most <see cref="MostColumns"/>.</param>
sealed class PageKernel(Instructions set, int rows, int columns) : KernelProgram(set)
{
    /// <summary>Rows at most.</summary>
    public const int MostRows = 6;

    KernelWriter w = null!;

    /// <summary>Rows.</summary>
    public int Rows => rows;

    /// <summary>Columns.</summary>
    public int Columns => columns;

    /// <inheritdoc/>
    public override string Name => string.Create(CultureInfo.InvariantCulture, $"page-f16-{SetName}-{rows}x{columns}");

    int Vectors => columns * sizeof(float) / w.Bytes;

    static Register B => KernelWriter.Pointers[2];

    static Register C => KernelWriter.Pointers[4];

    static Register Next => KernelWriter.Pointers[6];

    static Register AStride => KernelWriter.Pointers[1];

    static Register BStride => KernelWriter.Pointers[3];

    static Register CStride => KernelWriter.Pointers[5];

    Register Sum(int row, int vector) => w.V(row * Vectors + vector);

    Register Free(int i) => w.V(rows * Vectors + i);

    /// <summary>The columns of a kernel: as many as leave registers free for a vector of b each and for a number of a.</summary>
    public static int MostColumns(Instructions set) => set == Instructions.Avx2 ? 16 : 64;

    /// <summary>Where the first of three rows of a is: those behind lie one and two strides further.</summary>
    static Register FirstOfThree(int row) => KernelWriter.Pointers[row < 3 ? 0 : 7];

    static MemoryOperand A(int row) => row % 3 == 0 ? KernelWriter.At(FirstOfThree(row)) : KernelWriter.At(FirstOfThree(row), AStride, row % 3, 0);

    /// <inheritdoc/>
    public override byte[] Write(bool? windows = null)
    {
        w = new KernelWriter(Set == Instructions.Avx2 ? 256 : 512, windows);
        w.Field(FirstOfThree(0), 0);
        w.Field(AStride, 1);
        w.Field(B, 2);
        w.Field(BStride, 3);
        w.Field(CStride, 5);
        w.Field(KernelWriter.Counter, 6);
        w.Field(Next, 8);
        w.Times(FirstOfThree(3), AStride, 2);
        w.AddRegister(FirstOfThree(3), FirstOfThree(0));
        Label fresh = w.NewLabel(), loop = w.NewLabel();
        for (int i = 0; i < rows * Vectors; i++)
        {
            w.Zero(w.V(i));
        }

        w.SkipIfZero(7, fresh);
        EachRow((row, vector, c) => w.Load(Sum(row, vector), c));
        w.Here(ref fresh);
        w.Here(ref loop);
        Step();
        w.Repeat(loop);
        EachRow((row, vector, c) => w.Store(c, Sum(row, vector)));
        return w.End();
    }

    void Step()
    {
        // As much of what comes next as is read now: to the second-level cache, from which the loop then reads it in time.
        for (int line = 0; line < columns * sizeof(ushort); line += 64)
        {
            w.PrefetchFar(Next, line);
        }

        for (int vector = 0; vector < Vectors; vector++)
        {
            w.WidenHalves(Free(vector), KernelWriter.At(B, vector * w.Bytes / 2));
        }

        for (int row = 0; row < rows; row++)
        {
            w.Broadcast(Free(Vectors), A(row));
            for (int vector = 0; vector < Vectors; vector++)
            {
                w.MultiplyAdd(Sum(row, vector), Free(vector), Free(Vectors));
            }
        }

        w.Add(FirstOfThree(0), sizeof(float));
        w.Add(FirstOfThree(3), sizeof(float));
        w.AddRegister(B, BStride);
        w.AddRegister(Next, BStride);
    }

    void EachRow(Action<int, int, MemoryOperand> what)
    {
        w.Field(C, 4);
        for (int row = 0; row < rows; row++)
        {
            for (int vector = 0; vector < Vectors; vector++)
            {
                what(row, vector, KernelWriter.At(C, vector * w.Bytes));
            }

            w.AddRegister(C, CStride);
        }
    }
}
