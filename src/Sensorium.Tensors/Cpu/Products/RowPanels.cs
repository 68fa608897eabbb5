using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sensorium.Tensors.Formats;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>
/// A weight row after row in its checkpoint's own blocks: tables, whose rows are looked up, and the types without a
/// kernel, which are dequantised a tile at a time.
/// </summary>
sealed unsafe class RowPanels : Panels
{
    readonly DType type;
    readonly nint rowBytes;

    RowPanels(DType type, nint outputs, nint inputs, RawTensor? packed)
        : base(outputs, inputs, checked((nint)type.ByteCount(inputs * Panel.Lanes)), packed)
    {
        this.type = type;
        rowBytes = (nint)type.ByteCount(inputs);
    }

    public static RowPanels Copy(RawTensor raw, nint outputs, nint inputs, RawTensor? packed = null)
    {
        var rows = new RowPanels(raw.Type, outputs, inputs, packed);
        if (packed is null)
        {
            Buffer.MemoryCopy(raw.Data, rows.Memory.Pointer, rows.Memory.Bytes, raw.ByteLength);
            NativeMemory.Clear(rows.Memory.Pointer + raw.ByteLength, (nuint)(rows.Memory.Bytes - raw.ByteLength));
        }

        GC.KeepAlive(raw);
        return rows;
    }

    /// <summary>One row as float32.</summary>
    public void Row(nint row, float* destination) => BlockFormats.Dequantize(type, Memory.Pointer + row * rowBytes, destination, Inputs);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override float* Floats(nint group, nint first, nint count, float* tile)
    {
        float* row = stackalloc float[Panel.Slice];
        nint lanes = Math.Min(Panel.Lanes, Outputs - group * Panel.Lanes);
        byte* from = Group(group) + type.ByteCount(first);
        for (int lane = 0; lane < Panel.Lanes; lane++)
        {
            if (lane >= lanes)
            {
                for (nint k = 0; k < count; k++)
                {
                    tile[k * Panel.Lanes + lane] = 0;
                }

                continue;
            }

            BlockFormats.Dequantize(type, from + lane * rowBytes, row, count);
            for (nint k = 0; k < count; k++)
            {
                tile[k * Panel.Lanes + lane] = row[k];
            }
        }

        return tile;
    }
}
