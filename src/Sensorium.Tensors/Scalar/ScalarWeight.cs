using Sensorium.Tensors.Formats;

namespace Sensorium.Tensors.Scalar;

/// <summary>A weight as float64, in the checkpoint's order.</summary>
sealed unsafe class ScalarWeight : PreparedWeight
{
    readonly double[] values;
    readonly nint rowLength;

    public ScalarWeight(RawTensor raw)
    {
        values = GC.AllocateUninitializedArray<double>(checked((int)raw.Elements));
        long rows = raw.Shape.Length == 0 ? 1 : raw.Shape[0];
        rowLength = rows == 0 ? 0 : (nint)(raw.Elements / rows);
        for (long row = 0; row < raw.Rows; row++)
        {
            Widen(raw, row, values.AsSpan((int)(row * raw.RowLength), (int)raw.RowLength));
        }

        GC.KeepAlive(raw);
        raw.Release();
    }

    public override long PrivateBytes => values.Length * (long)sizeof(double);

    public override long ReadBytes => PrivateBytes;

    public ReadOnlySpan<double> Values => values;

    /// <summary>Everything but the first dimension.</summary>
    public ReadOnlySpan<double> Row(nint row) => values.AsSpan((int)(row * rowLength), (int)rowLength);

    public override void Unpack(nint firstRow, nint count, Span<float> destination)
    {
        ReadOnlySpan<double> source = values.AsSpan(checked((int)(firstRow * rowLength)), checked((int)(count * rowLength)));
        for (int i = 0; i < source.Length; i++)
        {
            destination[i] = (float)source[i];
        }
    }

    static void Widen(RawTensor raw, long row, Span<double> destination)
    {
        switch (raw.Type)
        {
            case DType.F64:
                new ReadOnlySpan<double>(raw.Row(row), destination.Length).CopyTo(destination);
                break;
            case DType.I64:
                for (int i = 0; i < destination.Length; i++)
                {
                    destination[i] = ((long*)raw.Row(row))[i];
                }

                break;
            default:
                float[] floats = new float[destination.Length];
                fixed (float* p = floats)
                {
                    BlockFormats.DequantizeRow(raw, row, p);
                }

                for (int i = 0; i < floats.Length; i++)
                {
                    destination[i] = floats[i];
                }

                break;
        }
    }
}
