using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>Turns rows into columns: <c>[rows][k]</c> to <c>[k][rows]</c>.</summary>
static unsafe class RowTransposer
{
    /// <summary>So few rows are not worth a square of sixteen.</summary>
    const int FewRows = 4;

    /// <summary>Sixteen rows that lie <paramref name="stride"/> floats apart to <c>[count][16]</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Lanes16(float* from, nint stride, nint count, float* to)
    {
        nint k = 0;
        if (SquareTransposer.IsSupported && count >= SquareTransposer.Side)
        {
            float** rows = stackalloc float*[SquareTransposer.Side];
            for (int i = 0; i < SquareTransposer.Side; i++)
            {
                rows[i] = from + i * stride;
            }

            k = SquareTransposer.Pack<SixteenFloats>(rows, SquareTransposer.Side, count, to);
        }

        for (; k + 4 <= count; k += 4)
        {
            float* target = to + k * 16;
            Four(from + k, stride, target, 16);
            Four(from + 4 * stride + k, stride, target + 4, 16);
            Four(from + 8 * stride + k, stride, target + 8, 16);
            Four(from + 12 * stride + k, stride, target + 12, 16);
        }

        for (; k < count; k++)
        {
            for (int row = 0; row < 16; row++)
            {
                to[k * 16 + row] = from[row * stride + k];
            }
        }
    }

    /// <summary>Rows at the given addresses to <c>[count][rows]</c>.</summary>
    public static void Pack(float** from, int rows, nint count, float* to)
    {
        nint done = 0;
        if (SquareTransposer.IsSupported && rows is > FewRows and <= SquareTransposer.Side && count >= SquareTransposer.Side)
        {
            done = SquareTransposer.Pack<SixteenFloats>(from, rows, count, to);
        }

        if (done < count)
        {
            float** rest = stackalloc float*[rows];
            for (int i = 0; i < rows; i++)
            {
                rest[i] = from[i] + done;
            }

            Pack(rest, rows, count - done, to + done * rows, rows);
        }
    }

    /// <summary>Rows at the given addresses, as pairs of bfloat16, to <c>[⌈count / 2⌉][rows]</c>; an odd last number has a zero beside it.</summary>
    /// <param name="from">Where the rows begin.</param>
    /// <param name="rows">At most 16.</param>
    /// <param name="count">Numbers of a row.</param>
    /// <param name="to">The pairs.</param>
    public static void PackPairs(float** from, int rows, nint count, uint* to)
    {
        // So many pairs at a time fill a cache line of each row.
        const int Line = 16;
        nint done = 0;
        if (SquareTransposer.IsSupported && rows > FewRows && count >= 2 * SquareTransposer.Side)
        {
            done = SquareTransposer.Pack<SixteenPairs>(from, rows, count / 2, (float*)to);
        }

        uint* pairs = stackalloc uint[rows * Line];
        float** lines = stackalloc float*[rows];
        for (; 2 * done < count; done += Line)
        {
            nint numbers = Math.Min(2 * Line, count - 2 * done);
            for (int i = 0; i < rows; i++)
            {
                BrainPairs.Neighbours(from[i] + 2 * done, numbers, pairs + i * Line);
                lines[i] = (float*)(pairs + i * Line);
            }

            Pack(lines, rows, BrainPairs.Of(numbers), (float*)(to + done * rows), rows);
        }
    }

    /// <summary>Rows at the given addresses to columns, which begin <paramref name="stride"/> floats apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(float** from, int rows, nint count, float* to, nint stride)
    {
        if (stride == 1)
        {
            Unsafe.CopyBlockUnaligned(to, from[0], (uint)(count * sizeof(float)));
            return;
        }

        int row = 0;
        for (; row + 4 <= rows; row += 4)
        {
            float* a = from[row], b = from[row + 1], c = from[row + 2], d = from[row + 3], target = to + row;
            nint k = 0;
            for (; k + 4 <= count; k += 4)
            {
                Transpose(Vector128.Load(a + k), Vector128.Load(b + k), Vector128.Load(c + k), Vector128.Load(d + k), target + k * stride, stride);
            }

            for (; k < count; k++)
            {
                target[k * stride] = a[k];
                target[k * stride + 1] = b[k];
                target[k * stride + 2] = c[k];
                target[k * stride + 3] = d[k];
            }
        }

        if (row + 2 <= rows)
        {
            Two(from[row], from[row + 1], count, to + row, stride);
            row += 2;
        }

        for (; row < rows; row++)
        {
            float* a = from[row], target = to + row;
            for (nint k = 0; k < count; k++)
            {
                target[k * stride] = a[k];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Two(float* a, float* b, nint count, float* to, nint stride)
    {
        nint k = 0;
        for (; Sse.IsSupported && k + 4 <= count; k += 4)
        {
            Vector128<float> x = Vector128.Load(a + k), y = Vector128.Load(b + k);
            Vector128<double> low = Sse.UnpackLow(x, y).AsDouble(), high = Sse.UnpackHigh(x, y).AsDouble();
            *(double*)(to + k * stride) = low.ToScalar();
            *(double*)(to + (k + 1) * stride) = low.GetElement(1);
            *(double*)(to + (k + 2) * stride) = high.ToScalar();
            *(double*)(to + (k + 3) * stride) = high.GetElement(1);
        }

        for (; k < count; k++)
        {
            to[k * stride] = a[k];
            to[k * stride + 1] = b[k];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Four(float* from, nint stride, float* to, nint toStride) =>
        Transpose(Vector128.Load(from), Vector128.Load(from + stride), Vector128.Load(from + 2 * stride), Vector128.Load(from + 3 * stride), to, toStride);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Transpose(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d, float* to, nint stride)
    {
        Vector128<float> ab0, ab1, cd0, cd1;
        if (Sse.IsSupported)
        {
            ab0 = Sse.UnpackLow(a, b);
            ab1 = Sse.UnpackHigh(a, b);
            cd0 = Sse.UnpackLow(c, d);
            cd1 = Sse.UnpackHigh(c, d);
            Sse.MoveLowToHigh(ab0, cd0).Store(to);
            Sse.MoveHighToLow(cd0, ab0).Store(to + stride);
            Sse.MoveLowToHigh(ab1, cd1).Store(to + 2 * stride);
            Sse.MoveHighToLow(cd1, ab1).Store(to + 3 * stride);
            return;
        }

        for (int i = 0; i < 4; i++)
        {
            Vector128.Create(a[i], b[i], c[i], d[i]).Store(to + i * stride);
        }
    }
}
