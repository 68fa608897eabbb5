using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu;

/// <summary>How each role and type is laid out.</summary>
static class CpuWeight
{
    public static PreparedWeight Prepare(CpuDevice device, RawTensor raw, WeightRole role)
    {
        nint outputs = raw.Shape.Length == 0 ? 1 : (nint)raw.Shape[0];
        nint inputs = outputs == 0 ? 0 : (nint)(raw.Elements / outputs);
        PreparedWeight weight = role switch
        {
            WeightRole.Vector => FloatVector.Copy(raw),
            WeightRole.Table => RowPanels.Copy(raw, outputs, inputs),
            WeightRole.Convolution => ConvolutionWeight.Pack(device, raw),
            _ => Matrix(device, raw, outputs, inputs),
        };
        raw.Release();
        return weight;
    }

    /// <summary>A matrix in the narrowest packed form that keeps its numbers as they are.</summary>
    public static Panels Matrix(CpuDevice device, RawTensor raw, nint outputs, nint inputs)
    {
        if (QuantLayout.Of(raw.Type) is { } layout && inputs % layout.StoredBlock == 0)
        {
            return QuantPanels.Pack(device, layout, raw, outputs, inputs);
        }

        return raw.Type switch
        {
            DType.F16 or DType.BF16 => HalfPanels.Pack(device, raw, outputs, inputs),
            DType.F32 or DType.F64 or DType.I64 or DType.U64 or DType.I32 or DType.U32 or DType.I16 or DType.U16 => FloatPanels.Pack(device, raw, outputs, inputs),
            _ => RowPanels.Copy(raw, outputs, inputs),
        };
    }
}
