using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>The plain loops that generated float kernels must equal, and a small case to see that they do.</summary>
static unsafe class FloatTwin
{
    /// <summary>One result: c plus the products in the order of k, each sum rounded once.</summary>
    /// <param name="source">How the weight's numbers lie.</param>
    /// <param name="steps">Numbers of k, or pairs of them.</param>
    /// <param name="isOdd">Whether a number without a second follows the pairs.</param>
    /// <param name="a">The row's first number.</param>
    /// <param name="rows">Rows of the tile: from a number of the row to its next.</param>
    /// <param name="b">The group's first number.</param>
    /// <param name="lane">Which output.</param>
    /// <param name="c">What to go on from.</param>
    public static float Multiply(FloatSource source, nint steps, bool isOdd, void* a, int rows, void* b, int lane, float c)
    {
        for (nint step = 0; step < steps; step++)
        {
            switch (source)
            {
                case FloatSource.Floats:
                    c = MathF.FusedMultiplyAdd(((float*)a)[step * rows], ((float*)b)[step * Panel.Lanes + lane], c);
                    break;
                case FloatSource.BrainPairs:
                    ushort* pair = (ushort*)a + step * rows * 2, weights = (ushort*)b + (step * Panel.Lanes + lane) * 2;
                    c = AddBrains(AddBrains(c, pair[1], weights[1]), pair[0], weights[0]);
                    break;
                default:
                    c = MathF.FusedMultiplyAdd(((float*)a)[2 * step * rows], Number(source, b, step, lane, 0), c);
                    c = MathF.FusedMultiplyAdd(((float*)a)[(2 * step + 1) * rows], Number(source, b, step, lane, 1), c);
                    break;
            }
        }

        return isOdd ? MathF.FusedMultiplyAdd(((float*)a)[2 * steps * rows], Number(source, b, steps, lane, 0), c) : c;
    }

    /// <summary>A step of <c>vdpbf16ps</c> (Intel SDM vol. 2): fused, to the nearest even, subnormal numbers taken and given as zero.</summary>
    public static float AddBrains(float c, ushort a, ushort b) => Flush(MathF.FusedMultiplyAdd(Flush(Brain(a)), Flush(Brain(b)), Flush(c)));

    static float Flush(float x) => float.IsSubnormal(x) ? MathF.CopySign(0, x) : x;

    static float Brain(ushort x) => BitConverter.UInt32BitsToSingle((uint)x << 16);

    static float Number(FloatSource source, void* b, nint step, int lane, int which)
    {
        return source == FloatSource.Brains
            ? Brain(((ushort*)b)[(step * Panel.Lanes + lane) * 2 + which])
            : (float)BitConverter.UInt16BitsToHalf(((ushort*)b)[(2 * step + which) * Panel.Lanes + lane]);
    }

    /// <summary>
    /// Whether compiled kernels give what the loops give: small whole numbers, so that the order in which a processor adds
    /// a pair's products does not show.
    /// </summary>
    public static bool Agrees(FloatCode code, FloatSource source)
    {
        for (int rows = 1; rows <= code.MaxRows; rows++)
        {
            if (!Agrees(code, source, rows, groups: 1) || !Agrees(code, source, rows, groups: 2))
            {
                return false;
            }
        }

        return true;
    }

    static bool Agrees(FloatCode code, FloatSource source, int rows, int groups)
    {
        const int Steps = 5;
        float* a = stackalloc float[2 * (Steps + 1) * 12];
        uint* b = stackalloc uint[2 * (Steps + 1) * Panel.Lanes];
        float* c = stackalloc float[12 * Panel.Tile];
        bool pairs = source != FloatSource.Floats, isOdd = source is FloatSource.Brains or FloatSource.Halves;
        for (int i = 0; i < 2 * (Steps + 1) * 12; i++)
        {
            // Where a is read as pairs, the upper number is a whole one and the lower one half of such.
            a[i] = source == FloatSource.BrainPairs ? BitConverter.UInt32BitsToSingle(Bits(i % 7 - 3) << 16 | Bits((i % 5 - 2) * 0.5f)) : i % 7 - 3;
        }

        for (int i = 0; i < 2 * (Steps + 1) * Panel.Lanes; i++)
        {
            float upper = i % 11 - 5, lower = i % 13 - 6;
            b[i] = !pairs ? BitConverter.SingleToUInt32Bits(upper)
                : source == FloatSource.Halves ? (uint)BitConverter.HalfToUInt16Bits((Half)upper) << 16 | BitConverter.HalfToUInt16Bits((Half)lower)
                : Bits(upper) << 16 | Bits(lower);
        }

        for (int i = 0; i < 12 * Panel.Tile; i++)
        {
            c[i] = i % 3;
        }

        uint* second = b + (Steps + 1) * Panel.Lanes;
        var arguments = new FloatArguments
        {
            A = a,
            B0 = b,
            B1 = groups == 1 ? null : second,
            C = c,
            Stride = Panel.Tile * sizeof(float),
            Steps = Steps,
            Odd = isOdd ? 1 : 0,
            Add = 1,
        };
        code.Multiply(rows, &arguments);
        for (int i = 0; i < 12 * Panel.Tile; i++)
        {
            // What lies beside and behind the tile is untouched.
            int row = i / Panel.Tile, group = i % Panel.Tile / Panel.Lanes;
            float expected = row < rows && group < groups
                ? Multiply(source, Steps, isOdd, a + row, rows, group == 0 ? b : second, i % Panel.Lanes, i % 3)
                : i % 3;
            if (c[i] != expected)
            {
                return false;
            }
        }

        return true;
    }

    static uint Bits(float x) => BitConverter.SingleToUInt32Bits(x) >> 16;
}
