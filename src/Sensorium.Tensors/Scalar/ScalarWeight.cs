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
        byte* source = raw.Row(row);
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = raw.Type switch
            {
                DType.F64 => ((double*)source)[i],
                DType.F32 => ((float*)source)[i],
                DType.F16 => (double)((Half*)source)[i],
                DType.BF16 => BitConverter.UInt32BitsToSingle((uint)((ushort*)source)[i] << 16),
                DType.I64 => ((long*)source)[i],
                DType.I32 => ((int*)source)[i],
                _ => throw new NotSupportedException($"tensor '{raw.Name}' of {raw.Source}: {raw.Type} is no type that weights are read from"),
            };
        }
    }
}
