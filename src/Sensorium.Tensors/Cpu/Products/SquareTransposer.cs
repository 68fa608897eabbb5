using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Sensorium.Tensors.Formats;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>What a row has at sixteen steps.</summary>
interface ISixteen
{
    /// <summary>Numbers of a row that a step takes.</summary>
    static abstract int Numbers { get; }

    static abstract unsafe Vector512<float> Load(float* numbers);
}

/// <summary>Sixteen numbers.</summary>
readonly struct SixteenFloats : ISixteen
{
    public static int Numbers => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector512<float> Load(float* numbers) => Vector512.Load(numbers);
}

/// <summary>Thirty-two numbers as sixteen pairs of bfloat16, the first in the lower half.</summary>
readonly struct SixteenPairs : ISixteen
{
    public static int Numbers => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector512<float> Load(float* numbers)
    {
        // The upper halves of all.
        Vector512<ushort> halves = Vector512.Create(
            1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31, 33, 35, 37, 39, 41, 43, 45, 47, 49, 51, 53, 55, 57, 59, 61, 63).AsUInt16();
        Vector512<ushort> first = HalfFloats.RoundUpper(Vector512.Load(numbers)).AsUInt16(), second = HalfFloats.RoundUpper(Vector512.Load(numbers + 16)).AsUInt16();
        return Avx512BW.PermuteVar32x16x2(first, halves, second).AsSingle();
    }
}

/// <summary>Turns up to sixteen rows into columns, sixteen steps at a time, in registers of 512 bits.</summary>
static unsafe class SquareTransposer
{
    /// <summary>Rows and steps of a square.</summary>
    public const int Side = 16;

    public static bool IsSupported => Avx512BW.IsSupported;

    /// <summary><c>[rows][steps]</c> to <c>[steps][rows]</c>, without the last steps.</summary>
    /// <param name="from">Where the rows begin.</param>
    /// <param name="rows">5 to 16.</param>
    /// <param name="steps">How many are wanted.</param>
    /// <param name="to">The columns; nothing behind the last step's is touched.</param>
    /// <returns>How many steps were done, a multiple of 16.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static nint Pack<T>(float** from, int rows, nint steps, float* to)
        where T : struct, ISixteen
    {
        // A row that is not there is read as the first.
        float** row = stackalloc float*[Side];
        for (int i = 0; i < Side; i++)
        {
            row[i] = i < rows ? from[i] : from[0];
        }

        // Columns are stored whole, and each overwrites what its forerunner has too much; the last ones go by way of a square of their own.
        float* apart = stackalloc float[Side * Side];
        nint done = 0;
        for (; steps - done >= Side; done += Side, to += Side * rows)
        {
            float* target = (steps - done - (Side - 1)) * rows >= Side ? to : apart;
            nint at = done * T.Numbers;
            Quad a = Quad.Of<T>(row, at), b = Quad.Of<T>(row + 4, at), c = rows > 8 ? Quad.Of<T>(row + 8, at) : a, d = rows > 12 ? Quad.Of<T>(row + 12, at) : c;

            // A part of a quad holds, in its quarter i, column 4 i + j of its four rows; all columns must be stored in order.
            Square s0 = Square.Of(a.C0, b.C0, c.C0, d.C0), s1 = Square.Of(a.C1, b.C1, c.C1, d.C1), s2 = Square.Of(a.C2, b.C2, c.C2, d.C2), s3 = Square.Of(a.C3, b.C3, c.C3, d.C3);
            Store(s0.Q0, s1.Q0, s2.Q0, s3.Q0, target, rows);
            Store(s0.Q1, s1.Q1, s2.Q1, s3.Q1, target + 4 * rows, rows);
            Store(s0.Q2, s1.Q2, s2.Q2, s3.Q2, target + 8 * rows, rows);
            Store(s0.Q3, s1.Q3, s2.Q3, s3.Q3, target + 12 * rows, rows);
            if (target == apart)
            {
                Unsafe.CopyBlockUnaligned(to, apart, (uint)(Side * rows * sizeof(float)));
            }
        }

        return done;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* to, int rows)
    {
        a.Store(to);
        b.Store(to + rows);
        c.Store(to + 2 * rows);
        d.Store(to + 3 * rows);
    }

    /// <summary>Four rows, transposed in each quarter.</summary>
    readonly struct Quad(Vector512<float> c0, Vector512<float> c1, Vector512<float> c2, Vector512<float> c3)
    {
        public readonly Vector512<float> C0 = c0, C1 = c1, C2 = c2, C3 = c3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Quad Of<T>(float** row, nint at)
            where T : struct, ISixteen
        {
            Vector512<float> a = T.Load(row[0] + at), b = T.Load(row[1] + at), c = T.Load(row[2] + at), d = T.Load(row[3] + at);
            Vector512<double> ab0 = Avx512F.UnpackLow(a, b).AsDouble(), ab1 = Avx512F.UnpackHigh(a, b).AsDouble();
            Vector512<double> cd0 = Avx512F.UnpackLow(c, d).AsDouble(), cd1 = Avx512F.UnpackHigh(c, d).AsDouble();
            return new Quad(
                Avx512F.UnpackLow(ab0, cd0).AsSingle(), Avx512F.UnpackHigh(ab0, cd0).AsSingle(), Avx512F.UnpackLow(ab1, cd1).AsSingle(), Avx512F.UnpackHigh(ab1, cd1).AsSingle());
        }
    }

    /// <summary>Four registers whose quarters are transposed.</summary>
    readonly struct Square(Vector512<float> q0, Vector512<float> q1, Vector512<float> q2, Vector512<float> q3)
    {
        public readonly Vector512<float> Q0 = q0, Q1 = q1, Q2 = q2, Q3 = q3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Square Of(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
        {
            // Of the first register quarters 0 and 1, or 2 and 3, and the same of the second; then the even or the odd of all.
            const byte Lower = 0b01_00_01_00, Upper = 0b11_10_11_10, Even = 0b10_00_10_00, Odd = 0b11_01_11_01;
            Vector512<float> ab0 = Avx512F.Shuffle4x128(a, b, Lower), ab1 = Avx512F.Shuffle4x128(a, b, Upper);
            Vector512<float> cd0 = Avx512F.Shuffle4x128(c, d, Lower), cd1 = Avx512F.Shuffle4x128(c, d, Upper);
            return new Square(
                Avx512F.Shuffle4x128(ab0, cd0, Even), Avx512F.Shuffle4x128(ab0, cd0, Odd), Avx512F.Shuffle4x128(ab1, cd1, Even), Avx512F.Shuffle4x128(ab1, cd1, Odd));
        }
    }
}
