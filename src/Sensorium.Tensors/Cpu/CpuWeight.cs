using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu;

/// <summary>How each role and type is laid out.</summary>
static class CpuWeight
{
    public static PreparedWeight Prepare(CpuDevice device, RawTensor raw, WeightRole role)
    {
        PreparedWeight weight = Lay(device, raw, role);
        raw.Release();
        return weight;
    }

    /// <summary>Lays a tensor out.</summary>
    /// <param name="device">Packs it.</param>
    /// <param name="raw">The tensor; its shape alone where it is packed already.</param>
    /// <param name="role">How it is used.</param>
    /// <param name="packed">What it was packed into before; null: it is packed now.</param>
    /// <exception cref="ArgumentException">The packed bytes are of another tensor.</exception>
    public static PreparedWeight Lay(CpuDevice device, RawTensor raw, WeightRole role, RawTensor? packed = null)
    {
        nint outputs = raw.Shape.Length == 0 ? 1 : (nint)raw.Shape[0];
        nint inputs = outputs == 0 ? 0 : (nint)(raw.Elements / outputs);
        return role switch
        {
            WeightRole.Vector => FloatVector.Copy(raw, packed),
            WeightRole.Table => RowPanels.Copy(raw, outputs, inputs, packed),
            WeightRole.Convolution => ConvolutionWeight.Pack(device, raw, packed),
            _ => Matrix(device, raw, outputs, inputs, packed),
        };
    }

    /// <summary>A matrix in the narrowest packed form that keeps its numbers as they are.</summary>
    public static Panels Matrix(CpuDevice device, RawTensor raw, nint outputs, nint inputs, RawTensor? packed)
    {
        if (QuantLayout.Of(raw.Type) is { } layout && inputs % layout.StoredBlock == 0)
        {
            return QuantPanels.Pack(device, layout, raw, outputs, inputs, packed);
        }

        return raw.Type switch
        {
            DType.F16 or DType.BF16 => HalfPanels.Pack(device, raw, outputs, inputs, packed),
            DType.F32 or DType.F64 or DType.I64 or DType.U64 or DType.I32 or DType.U32 or DType.I16 or DType.U16 => FloatPanels.Pack(device, raw, outputs, inputs, packed),
            _ => RowPanels.Copy(raw, outputs, inputs, packed),
        };
    }
}
