using System.Runtime.InteropServices;

namespace Sensorium.Tensors.Cpu;

/// <summary>A weight in native memory, row-major float32.</summary>
sealed unsafe class CpuWeight : PreparedWeight
{
    readonly float[] values;
    readonly nint rowLength;

    CpuWeight(float[] values, nint rowLength)
    {
        this.values = values;
        this.rowLength = rowLength;
        Floats = (float*)Unsafe(values);
    }

    public float* Floats { get; }

    public override long PrivateBytes => 4L * values.Length;

    public override long ReadBytes => 4L * values.Length;

    public static PreparedWeight Prepare(CpuDevice device, RawTensor raw, WeightRole role)
    {
        _ = device;
        _ = role;
        float[] floats = GC.AllocateArray<float>((int)raw.Elements, pinned: true);
        for (int i = 0; i < floats.Length; i++)
        {
            floats[i] = raw.Type switch
            {
                DType.F32 => ((float*)raw.Data)[i],
                DType.F16 => (float)((Half*)raw.Data)[i],
                DType.BF16 => BitConverter.UInt32BitsToSingle((uint)((ushort*)raw.Data)[i] << 16),
                DType.F64 => (float)((double*)raw.Data)[i],
                _ => throw new NotSupportedException($"{raw.Name}: {raw.Type} has no kernel"),
            };
        }

        raw.Release();
        return new CpuWeight(floats, (nint)(raw.Shape.Length == 0 || raw.Shape[0] == 0 ? 1 : raw.Elements / raw.Shape[0]));
    }

    public override void Unpack(nint firstRow, nint count, Span<float> destination) =>
        values.AsSpan((int)(firstRow * rowLength), (int)(count * rowLength)).CopyTo(destination);

    static void* Unsafe(float[] pinned) => (void*)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);
}
