using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Sensorium.Tensors.Cpu.Generated;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>
/// A quantised matrix, no wider than its checkpoint has it but for the K types' small scales. A group is a row of slices,
/// each the scales of its blocks, then the scales of those, then the integers: what is multiplied together lies together,
/// in the order in which it is needed, and memory is read from end to end however long a row is.
/// </summary>
sealed unsafe class QuantPanels(QuantLayout layout, nint outputs, nint inputs, RawTensor? packed) : Panels(outputs, inputs, layout.GroupBytes(inputs), packed)
{
    /// <summary>Blocks of a slice.</summary>
    public const int SliceBlocks = Panel.Slice / Panel.Block;

    /// <summary>Bytes of a slice's quads and scales, unpacked.</summary>
    public const int TileBytes = SliceBlocks * (512 + 4 * Panel.Lanes * sizeof(float));

    public QuantLayout Layout => layout;

    /// <summary>The generated kernels; null where the managed ones compute.</summary>
    public IntegerCode? Code { get; private init; }

    public override Arithmetic ArithmeticOf(Numerics numerics) => numerics == Numerics.Fast ? Arithmetic.Int8 : Arithmetic.Float32;

    nint Blocks => Inputs / Panel.Block;

    public static QuantPanels Pack(CpuDevice device, QuantLayout layout, RawTensor raw, nint outputs, nint inputs, RawTensor? packed = null)
    {
        var panels = new QuantPanels(layout, outputs, inputs, packed) { Code = device.Generated.Integers(layout) };
        if (packed is not null)
        {
            return panels;
        }

        var job = new PackJob { Panels = panels, Data = raw.Data };
        device.Workers.Run(panels.Groups, ref job);
        GC.KeepAlive(raw);
        return panels;
    }

    /// <summary>Where a block lies.</summary>
    public QuantBlock At(nint group, nint block) => layout.At(Group(group), Blocks, block);

    /// <summary>A slice's quads, <c>[blocks][8][16][4]</c>: where they lie, or unpacked into <paramref name="tile"/>.</summary>
    public byte* Quads(nint group, nint firstBlock, nint blocks, byte* tile)
    {
        byte* from = At(group, firstBlock).Integers;
        if (layout.Planes == Planes.EightBits)
        {
            return from;
        }

        QuadPlanes.Unpack(layout.Planes, layout.IsIndex, from, blocks, tile);
        return tile;
    }

    /// <summary>A slice's scales and minima, <c>[blocks][parts][16]</c> each; minima only where the layout has them.</summary>
    public void Scales(nint group, nint firstBlock, nint blocks, float* scales, float* minima)
    {
        QuantBlock from = At(group, firstBlock);
        QuantScales.Unpack(layout, from.Scales, from.Super, blocks, scales, minima);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override float* Floats(nint group, nint first, nint count, float* tile)
    {
        byte* buffer = stackalloc byte[TileBytes];
        nint blocks = count / Panel.Block;
        float* scales = (float*)(buffer + SliceBlocks * 512), minima = scales + SliceBlocks * 2 * Panel.Lanes;
        byte* quads = Quads(group, first / Panel.Block, blocks, buffer);
        Scales(group, first / Panel.Block, blocks, scales, minima);
        int perScale = Panel.Block / 4 / layout.Parts;
        Vector256<int> low = Vector256.Create(255), offset = Vector256.Create(layout.Offset);
        float* to = tile;
        for (nint part = 0; part < blocks * layout.Parts; part++)
        {
            for (int half = 0; half < Panel.Lanes; half += 8)
            {
                Vector256<float> s = Vector256.Load(scales + part * Panel.Lanes + half);
                Vector256<float> m = layout.HasMinimum ? Vector256.Load(minima + part * Panel.Lanes + half) : Vector256<float>.Zero;
                for (int quad = 0; quad < perScale; quad++)
                {
                    Vector256<int> four = Vector256.Load((int*)(quads + quad * 64 + half * 4));
                    float* at = to + quad * 4 * Panel.Lanes + half;
                    for (int i = 0; i < 4; i++)
                    {
                        // Rounded after the product and after the sum, as dequantising is.
                        Vector256<float> product = Vector256.ConvertToSingle((four & low) - offset) * s;
                        (layout.HasMinimum ? product + m : product).Store(at + i * Panel.Lanes);
                        four >>>= 8;
                    }
                }
            }

            to += perScale * 4 * Panel.Lanes;
            quads += perScale * 64;
        }

        return tile;
    }

    struct PackJob : IJob
    {
        public QuantPanels Panels;
        public byte* Data;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(nint item, int worker)
        {
            QuantLayout layout = Panels.Layout;
            nint inputs = Panels.Inputs, first = item * Panel.Lanes;
            int lanes = (int)Math.Min(Panel.Lanes, Panels.Outputs - first);
            DType type = layout.Type;
            int stored = layout.StoredBlock, storedBytes = type.BlockBytes(), perStored = stored / Panel.Block;
            nint rowBytes = inputs / stored * storedBytes;
            byte* group = Panels.Group(item);
            byte* rows = Data + first * rowBytes;
            byte* integers = stackalloc byte[Panel.Lanes * Panel.Slice];
            if (lanes < Panel.Lanes)
            {
                NativeMemory.Clear(group, (nuint)Panels.GroupBytes);
                new Span<byte>(integers, Panel.Lanes * Panel.Slice).Clear();
            }

            ClearBetween(group);
            if (type == DType.Q8_0)
            {
                for (nint block = 0; block < Panels.Blocks; block += SliceBlocks)
                {
                    QuantBlock to = Panels.At(item, block);
                    nint blocks = Math.Min(SliceBlocks, Panels.Blocks - block);
                    Bytes(rows + block * storedBytes, rowBytes, lanes, blocks, to.Integers, (ushort*)to.Scales, integers);
                }

                return;
            }

            (Planes planes, ScaleKind kind) = (layout.Planes, layout.Scales);
            byte* quads = stackalloc byte[SliceBlocks * 512];
            byte* scales = stackalloc byte[64];
            ushort* super = stackalloc ushort[2];
            for (nint block = 0; block < inputs / stored; block++)
            {
                QuantBlock to = Panels.At(item, block * perStored);
                for (int lane = 0; lane < lanes; lane++)
                {
                    StoredBlocks.Read(type, rows + lane * rowBytes + block * storedBytes, integers + lane * stored, scales, super);
                    PutScales(kind, scales, super, lane, to.Scales, perStored, to.Super);
                }

                RowTransposer.Lanes16((float*)integers, stored / 4, stored / 4, (float*)quads);
                for (int i = 0; i < perStored; i++)
                {
                    QuadPlanes.Pack(planes, quads + i * 512, to.Integers + i * layout.QuadBytes);
                }
            }
        }

        /// <summary>What is between the scales of each slice and its integers, up to a line of the cache.</summary>
        readonly void ClearBetween(byte* group)
        {
            for (nint block = 0; block < Panels.Blocks; block += SliceBlocks)
            {
                QuantBlock slice = Panels.Layout.At(group, Panels.Blocks, block);
                byte* end = slice.Super + Panels.Layout.SuperBytes;
                NativeMemory.Clear(end, (nuint)(slice.Integers - end));
            }
        }

        /// <summary>Q8_0, whose integers need no planes: a slice, from the rows to where they go.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        static void Bytes(byte* rows, nint rowBytes, int lanes, nint blocks, byte* quads, ushort* scales, byte* integers)
        {
            const int storedBytes = 34;
            Vector256<byte> sign = Vector256.Create((byte)0x80);
            for (nint block = 0; block < blocks; block++, rows += storedBytes, quads += 512, scales += Panel.Lanes)
            {
                byte* from = rows;
                for (int lane = 0; lane < lanes; lane++, from += rowBytes)
                {
                    scales[lane] = Unsafe.ReadUnaligned<ushort>(from);
                    (Vector256.Load(from + 2) ^ sign).Store(integers + lane * Panel.Block);
                }

                RowTransposer.Lanes16((float*)integers, Panel.Block / 4, Panel.Block / 4, (float*)quads);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void PutScales(ScaleKind kind, byte* scales, ushort* super, int lane, byte* to, int blocks, byte* superTo)
        {
            switch (kind)
            {
                case ScaleKind.Half:
                    ((ushort*)to)[lane] = *(ushort*)scales;
                    return;
                case ScaleKind.HalfAndMinimum:
                    ((ushort*)to)[lane] = ((ushort*)scales)[0];
                    ((ushort*)to)[Panel.Lanes + lane] = ((ushort*)scales)[1];
                    return;
                default:
                    for (int i = 0; i < 2 * blocks; i++)
                    {
                        to[i * Panel.Lanes + lane] = scales[i];
                    }

                    ((ushort*)superTo)[lane] = super[0];
                    if (kind != ScaleKind.SuperOfSixteen)
                    {
                        ((ushort*)superTo)[Panel.Lanes + lane] = super[1];
                    }

                    return;
            }
        }
    }
}
