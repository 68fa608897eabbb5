using Sensorium.Tensors.Formats;

namespace Sensorium.Tensors.Cpu;

/// <summary>A vector weight: float32, row-major, and so a tensor as it lies.</summary>
sealed unsafe class FloatVector : PreparedWeight
{
    readonly NativeBuffer memory;
    readonly nint count;
    readonly nint rowLength;

    FloatVector(nint count, nint rowLength, RawTensor? packed)
    {
        this.count = count;
        this.rowLength = rowLength;
        memory = NativeBuffer.Of(count * sizeof(float), packed);
    }

    public float* Floats => (float*)memory.Pointer;

    public override long PrivateBytes => memory.PrivateBytes;

    public override RawTensor PackedBytes => memory.ToTensor();

    public override long ReadBytes => memory.Bytes;

    public static FloatVector Copy(RawTensor raw, RawTensor? packed)
    {
        var vector = new FloatVector((nint)raw.Elements, raw.Shape.Length < 2 || raw.Shape[0] == 0 ? 1 : (nint)(raw.Elements / raw.Shape[0]), packed);
        if (packed is null)
        {
            BlockFormats.Dequantize(raw.Type, raw.Data, vector.Floats, raw.Elements);
        }

        GC.KeepAlive(raw);
        return vector;
    }

    public override void Unpack(nint firstRow, nint count, Span<float> destination)
    {
        if (firstRow < 0 || count < 0 || (firstRow + count) * rowLength > this.count || destination.Length != count * rowLength)
        {
            throw new ArgumentOutOfRangeException(nameof(destination), $"rows {firstRow}..{firstRow + count} of {this.count / rowLength} into {destination.Length} numbers");
        }

        new ReadOnlySpan<float>(Floats + firstRow * rowLength, destination.Length).CopyTo(destination);
        GC.KeepAlive(this);
    }
}
