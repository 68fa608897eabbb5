using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sensorium.Tensors.Cpu.Generated;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>
/// bfloat16: <c>[groups][k / 2][16][2]</c>, the two numbers of a lane being neighbours in k, which is what a bfloat16 dot
/// product of the processor reads. float16: <c>[groups][k][16]</c>, which is what its conversion reads. An odd last k has a
/// zero behind it.
/// </summary>
sealed unsafe class HalfPanels(DType type, nint outputs, nint inputs, RawTensor? packed) : Panels(outputs, inputs, BrainPairs.Of(inputs) * Panel.Lanes * sizeof(uint), packed)
{
    public DType Type => type;

    /// <summary>Generated kernels that widen the pairs in registers; null where there are none.</summary>
    public FloatCode? Widened { get; private init; }

    /// <summary>Generated kernels of bfloat16 by bfloat16; null where the processor has none, or the numbers are float16.</summary>
    public FloatCode? Pairs { get; private init; }

    /// <remarks>bfloat16 where the processor multiplies such, and nowhere else.</remarks>
    public override Arithmetic ArithmeticOf(Numerics numerics) => numerics == Numerics.Fast && Pairs is { IsLive: true } ? Arithmetic.BFloat16 : Arithmetic.Float32;

    /// <summary>Where a group's pairs are.</summary>
    public byte* Packed(nint group) => Group(group);

    public static HalfPanels Pack(CpuDevice device, RawTensor raw, nint outputs, nint inputs, RawTensor? packed) =>
        Pack(device, raw.Type, packed is null ? (ushort*)raw.Data : null, outputs, inputs, packed);

    /// <summary>Packs numbers that lie row after row; not needed where they are packed already.</summary>
    public static HalfPanels Pack(CpuDevice device, DType type, ushort* values, nint outputs, nint inputs, RawTensor? packed)
    {
        var panels = new HalfPanels(type, outputs, inputs, packed)
        {
            Widened = device.Generated.Floats(type == DType.BF16 ? FloatSource.Brains : FloatSource.Halves),
            Pairs = type == DType.BF16 ? device.Generated.Floats(FloatSource.BrainPairs) : null,
        };
        if (packed is null)
        {
            var job = new PackJob { Panels = panels, Values = values };
            device.Workers.Run(panels.Groups, ref job);
        }

        return panels;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override float* Floats(nint group, nint first, nint count, float* tile)
    {
        byte* from = Group(group) + first * Panel.Lanes * sizeof(ushort);
        if (type == DType.F16)
        {
            for (nint k = 0; k < count; k++)
            {
                Halves.Widen16((ushort*)from + k * Panel.Lanes, tile + k * Panel.Lanes);
            }

            return tile;
        }

        nint pairs = count / 2;
        WidenBrains(from, pairs, tile);
        if (count % 2 != 0)
        {
            float* pair = stackalloc float[2 * Panel.Lanes];
            WidenBrains(from + pairs * Panel.Lanes * 4, 1, pair);
            Unsafe.CopyBlockUnaligned(tile + 2 * pairs * Panel.Lanes, pair, Panel.Lanes * sizeof(float));
        }

        return tile;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void WidenBrains(byte* from, nint pairs, float* to)
    {
        Vector256<uint> upper = Vector256.Create(0xffff0000u);
        for (; pairs > 0; pairs--)
        {
            Vector256<uint> a = Vector256.Load((uint*)from), b = Vector256.Load((uint*)from + 8);
            (a << 16).AsSingle().Store(to);
            (b << 16).AsSingle().Store(to + 8);
            (a & upper).AsSingle().Store(to + 16);
            (b & upper).AsSingle().Store(to + 24);
            from += Panel.Lanes * 4;
            to += 2 * Panel.Lanes;
        }
    }

    struct PackJob : IJob
    {
        public HalfPanels Panels;
        public ushort* Values;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(nint item, int worker)
        {
            nint inputs = Panels.Inputs, first = item * Panel.Lanes;
            ushort* to = (ushort*)Panels.Group(item), from = Values + first * inputs;
            int lanes = (int)Math.Min(Panel.Lanes, Panels.Outputs - first);
            bool brains = Panels.Type == DType.BF16;
            nint k = 0;
            if (lanes == Panel.Lanes)
            {
                // Two neighbours move as one number; eight of them a row keep a cache line of each row busy.
                for (; k + 2 <= inputs; k += 2)
                {
                    uint* pair = (uint*)(to + k * Panel.Lanes);
                    for (int lane = 0; lane < Panel.Lanes; lane++)
                    {
                        pair[lane] = Unsafe.ReadUnaligned<uint>(from + lane * inputs + k);
                    }

                    if (!brains)
                    {
                        Part((ushort*)pair);
                    }
                }
            }

            for (; k < inputs; k++)
            {
                for (int lane = 0; lane < Panel.Lanes; lane++)
                {
                    // Where the other number of the pair is, which is zero unless it comes yet.
                    ushort* slot = brains ? to + (k / 2 * Panel.Lanes + lane) * 2 + k % 2 : to + k * Panel.Lanes + lane;
                    if (k % 2 == 0)
                    {
                        slot[brains ? 1 : Panel.Lanes] = 0;
                    }

                    *slot = lane < lanes ? from[lane * inputs + k] : (ushort)0;
                }
            }
        }

        /// <summary>Sixteen pairs to sixteen first numbers and sixteen second ones.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Part(ushort* pairs)
        {
            Vector256<uint> a = Vector256.Load((uint*)pairs), b = Vector256.Load((uint*)pairs + 8);
            Vector256<uint> first = Vector256.Create(0xffffu);
            Vector256.Narrow(a & first, b & first).Store(pairs);
            Vector256.Narrow(a >>> 16, b >>> 16).Store(pairs + Panel.Lanes);
        }
    }
}
