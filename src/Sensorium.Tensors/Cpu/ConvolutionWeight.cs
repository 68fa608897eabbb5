using Sensorium.Tensors.Cpu.Products;
using Sensorium.Tensors.Formats;

namespace Sensorium.Tensors.Cpu;

/// <summary>
/// A convolution's weight [out, in / groups, height, width]. With several inputs a matrix whose k runs over height,
/// width, input, as neighbouring channels of a cell lie; with one input (depthwise, or a picture of one channel)
/// <c>[height · width][out]</c>.
/// </summary>
sealed unsafe class ConvolutionWeight : PreparedWeight
{
    readonly Panels? panels;
    readonly NativeBuffer? taps;

    ConvolutionWeight(nint outputs, nint inputs, nint area, Panels? panels, NativeBuffer? taps)
    {
        Outputs = outputs;
        Inputs = inputs;
        Area = area;
        this.panels = panels;
        this.taps = taps;
    }

    public nint Outputs { get; }

    /// <summary>Inputs of a group.</summary>
    public nint Inputs { get; }

    /// <summary>Cells of the kernel.</summary>
    public nint Area { get; }

    /// <summary>The matrix; null with one input.</summary>
    public Panels? Matrix => panels;

    /// <summary>[height · width][out]; null with several inputs.</summary>
    public float* Taps => taps is null ? null : (float*)taps.Pointer;

    public override long PrivateBytes => panels?.PrivateBytes ?? taps!.PrivateBytes;

    public override long ReadBytes => panels?.ReadBytes ?? taps!.Bytes;

    public override RawTensor PackedBytes => panels?.PackedBytes ?? taps!.ToTensor();

    public static ConvolutionWeight Pack(CpuDevice device, RawTensor raw, RawTensor? packed)
    {
        ReadOnlySpan<long> shape = raw.Shape;
        if (shape.Length is < 2 or > 4)
        {
            throw new ArgumentException($"{raw.Name} of {raw.Source} has {shape.Length} dimensions; a convolution's weight is [out, in / groups, height, width]");
        }

        nint outputs = (nint)shape[0], inputs = (nint)shape[1], area = 1;
        for (int i = 2; i < shape.Length; i++)
        {
            area *= (nint)shape[i];
        }

        ConvolutionWeight weight;
        if (inputs == 1)
        {
            weight = new ConvolutionWeight(outputs, inputs, area, null, PackTaps(raw, outputs, area, packed));
        }
        else if (area == 1)
        {
            weight = new ConvolutionWeight(outputs, inputs, area, CpuWeight.Matrix(device, raw, outputs, inputs, packed), null);
        }
        else if (packed is not null)
        {
            Panels matrix = raw.Type is DType.F16 or DType.BF16
                ? HalfPanels.Pack(device, raw.Type, null, outputs, inputs * area, packed)
                : new FloatPanels(outputs, inputs * area, packed);
            weight = new ConvolutionWeight(outputs, inputs, area, matrix, null);
        }
        else if (raw.Type is DType.F16 or DType.BF16)
        {
            using var buffer = new NativeBuffer((nint)raw.ByteLength);
            Reorder((ushort*)raw.Data, (ushort*)buffer.Pointer, outputs, inputs, area);
            weight = new ConvolutionWeight(outputs, inputs, area, HalfPanels.Pack(device, raw.Type, (ushort*)buffer.Pointer, outputs, inputs * area, null), null);
        }
        else
        {
            using var floats = new NativeBuffer((nint)raw.Elements * sizeof(float));
            using var buffer = new NativeBuffer((nint)raw.Elements * sizeof(float));
            BlockFormats.Dequantize(raw.Type, raw.Data, (float*)floats.Pointer, raw.Elements);
            Reorder((float*)floats.Pointer, (float*)buffer.Pointer, outputs, inputs, area);
            weight = new ConvolutionWeight(outputs, inputs, area, FloatPanels.Pack((float*)buffer.Pointer, outputs, inputs * area, inputs * area), null);
        }

        GC.KeepAlive(raw);
        return weight;
    }

    static NativeBuffer PackTaps(RawTensor raw, nint outputs, nint area, RawTensor? ready)
    {
        NativeBuffer packed = NativeBuffer.Of((nint)raw.Elements * sizeof(float), ready);
        if (ready is not null)
        {
            return packed;
        }

        using var floats = new NativeBuffer((nint)raw.Elements * sizeof(float));
        float* from = (float*)floats.Pointer;
        BlockFormats.Dequantize(raw.Type, raw.Data, from, raw.Elements);
        float* to = (float*)packed.Pointer;
        for (nint output = 0; output < outputs; output++)
        {
            for (nint tap = 0; tap < area; tap++)
            {
                to[tap * outputs + output] = from[output * area + tap];
            }
        }

        return packed;
    }

    /// <summary>[out][in][area] to [out][area][in].</summary>
    static void Reorder<T>(T* from, T* to, nint outputs, nint inputs, nint area)
        where T : unmanaged
    {
        for (nint output = 0; output < outputs; output++, from += inputs * area, to += inputs * area)
        {
            for (nint input = 0; input < inputs; input++)
            {
                for (nint tap = 0; tap < area; tap++)
                {
                    to[tap * inputs + input] = from[input * area + tap];
                }
            }
        }
    }

    public override void Unpack(nint firstRow, nint count, Span<float> destination)
    {
        nint row = Inputs * Area;
        if (firstRow < 0 || count < 0 || firstRow + count > Outputs || destination.Length != count * row)
        {
            throw new ArgumentOutOfRangeException(nameof(destination), $"rows {firstRow}..{firstRow + count} of {Outputs} into {destination.Length} numbers");
        }

        if (panels is null)
        {
            for (nint i = 0; i < destination.Length; i++)
            {
                destination[(int)i] = Taps[i % Area * Outputs + firstRow + i / Area];
            }

            GC.KeepAlive(this);
            return;
        }

        var ordered = new float[destination.Length];
        panels.Unpack(firstRow, count, ordered);
        fixed (float* from = ordered, to = destination)
        {
            // The way back is the same exchange with the two sizes swapped.
            Reorder(from, to, count, Area, Inputs);
        }
    }
}
