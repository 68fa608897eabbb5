using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>Packed scales to float32; see <see cref="ScaleKind"/>.</summary>
static unsafe class QuantScales
{
    /// <summary>Scales and minima of some blocks, <c>[blocks][parts][16]</c> each; minima only where the layout has them.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="from">The first block's scales.</param>
    /// <param name="super">Its super-block's.</param>
    /// <param name="blocks">At most what is left of the super-block.</param>
    /// <param name="scales">Room for the scales.</param>
    /// <param name="minima">Room for the minima.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(QuantLayout layout, byte* from, byte* super, nint blocks, float* scales, float* minima)
    {
        float* d = stackalloc float[2 * Panel.Lanes];
        if (layout.SuperBytes > 0)
        {
            Halves.Widen16((ushort*)super, d);
            if (layout.HasMinimum)
            {
                Halves.Widen16((ushort*)super + Panel.Lanes, d + Panel.Lanes);
            }
        }

        switch (layout.Scales)
        {
            case ScaleKind.Half:
                for (nint i = 0; i < blocks; i++)
                {
                    Halves.Widen16((ushort*)from + i * Panel.Lanes, scales + i * Panel.Lanes);
                }

                break;
            case ScaleKind.HalfAndMinimum:
                for (nint i = 0; i < blocks; i++)
                {
                    Halves.Widen16((ushort*)from + 2 * i * Panel.Lanes, scales + i * Panel.Lanes);
                    Halves.Widen16((ushort*)from + (2 * i + 1) * Panel.Lanes, minima + i * Panel.Lanes);
                }

                break;
            case ScaleKind.SuperAndMinimum:
                for (nint i = 0; i < blocks; i++)
                {
                    Times(Vector128.Load(from + 2 * i * Panel.Lanes), d, scales + i * Panel.Lanes);
                    TimesNegated(Vector128.Load(from + (2 * i + 1) * Panel.Lanes), d + Panel.Lanes, minima + i * Panel.Lanes);
                }

                break;
            case ScaleKind.SuperOfSixteen:
                for (nint i = 0; i < 2 * blocks; i++)
                {
                    Times(Vector128.Load((sbyte*)from + i * Panel.Lanes), d, scales + i * Panel.Lanes);
                }

                break;
            default:
                Vector128<byte> low = Vector128.Create((byte)15);
                for (nint i = 0; i < 2 * blocks; i++)
                {
                    Vector128<byte> both = Vector128.Load(from + i * Panel.Lanes);
                    Times(both & low, d, scales + i * Panel.Lanes);
                    TimesNegated((both.AsUInt16() >>> 4).AsByte() & low, d + Panel.Lanes, minima + i * Panel.Lanes);
                }

                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Times(Vector128<byte> integers, float* d, float* to)
    {
        (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(integers);
        (Vector256.ConvertToSingle(Wide(low)) * Vector256.Load(d)).Store(to);
        (Vector256.ConvertToSingle(Wide(high)) * Vector256.Load(d + 8)).Store(to + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void TimesNegated(Vector128<byte> integers, float* d, float* to)
    {
        (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(integers);
        (-(Vector256.ConvertToSingle(Wide(low)) * Vector256.Load(d))).Store(to);
        (-(Vector256.ConvertToSingle(Wide(high)) * Vector256.Load(d + 8))).Store(to + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Times(Vector128<sbyte> integers, float* d, float* to)
    {
        (Vector128<short> low, Vector128<short> high) = Vector128.Widen(integers);
        (Vector128<int> a, Vector128<int> b) = Vector128.Widen(low);
        (Vector128<int> e, Vector128<int> f) = Vector128.Widen(high);
        (Vector256.ConvertToSingle(Vector256.Create(a, b)) * Vector256.Load(d)).Store(to);
        (Vector256.ConvertToSingle(Vector256.Create(e, f)) * Vector256.Load(d + 8)).Store(to + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<int> Wide(Vector128<ushort> x)
    {
        (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(x);
        return Vector256.Create(low, high).AsInt32();
    }
}
