using System.Runtime.CompilerServices;
using Sensorium.Tensors.Formats;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>float32: <c>[groups][k][16]</c>.</summary>
sealed unsafe class FloatPanels(nint outputs, nint inputs, RawTensor? packed = null) : Panels(outputs, inputs, inputs * Panel.Lanes * sizeof(float), packed)
{
    public override bool AreFloats => true;

    public override float* Floats(nint group, nint first, nint count, float* tile) => (float*)Group(group) + first * Panel.Lanes;

    /// <summary>Packs a tensor of any type whose rows are the outputs.</summary>
    public static FloatPanels Pack(CpuDevice device, RawTensor raw, nint outputs, nint inputs, RawTensor? packed = null)
    {
        var panels = new FloatPanels(outputs, inputs, packed);
        if (packed is not null)
        {
            return panels;
        }

        var job = new PackJob { Panels = panels, Raw = raw };
        device.Workers.Run(panels.Groups, ref job);
        GC.KeepAlive(raw);
        return panels;
    }

    /// <summary>Packs numbers that lie <paramref name="rowStride"/> apart from output to output, <paramref name="stride"/> from input to input.</summary>
    public static FloatPanels Pack(float* values, nint outputs, nint inputs, nint rowStride, nint stride = 1)
    {
        var panels = new FloatPanels(outputs, inputs);
        for (nint group = 0; group < panels.Groups; group++)
        {
            PackGroup(values, outputs, inputs, rowStride, stride, group, (float*)panels.Group(group));
        }

        return panels;
    }

    /// <summary>Packs one group of 16 outputs; those that are not there become zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackGroup(float* values, nint outputs, nint inputs, nint rowStride, nint stride, nint group, float* to)
    {
        int lanes = (int)Math.Min(Panel.Lanes, outputs - group * Panel.Lanes);
        float* from = values + group * Panel.Lanes * rowStride;
        if (rowStride == 1 && lanes == Panel.Lanes)
        {
            for (nint k = 0; k < inputs; k++)
            {
                Unsafe.CopyBlockUnaligned(to + k * Panel.Lanes, from + k * stride, Panel.Lanes * sizeof(float));
            }

            return;
        }

        if (stride == 1 && lanes == Panel.Lanes)
        {
            RowTransposer.Lanes16(from, rowStride, inputs, to);
            return;
        }

        for (nint k = 0; k < inputs; k++)
        {
            for (int lane = 0; lane < Panel.Lanes; lane++)
            {
                to[k * Panel.Lanes + lane] = lane < lanes ? from[lane * rowStride + k * stride] : 0;
            }
        }
    }

    struct PackJob : IJob
    {
        public FloatPanels Panels;
        public RawTensor Raw;

        public readonly void Run(nint item, int worker)
        {
            nint inputs = Panels.Inputs;
            float* to = (float*)Panels.Group(item);
            if (Raw.Type == DType.F32)
            {
                PackGroup((float*)Raw.Data, Panels.Outputs, inputs, inputs, 1, item, to);
                return;
            }

            // Row by row through a small buffer: types that come here are rare.
            int block = Raw.Type.BlockSize(), bytes = Raw.Type.BlockBytes();
            float* row = stackalloc float[Panel.Slice];
            for (int lane = 0; lane < Panel.Lanes; lane++)
            {
                nint output = item * Panel.Lanes + lane;
                for (nint k = 0; k < inputs; k += Panel.Slice)
                {
                    nint count = Math.Min(Panel.Slice, inputs - k);
                    if (output < Panels.Outputs)
                    {
                        BlockFormats.Dequantize(Raw.Type, Raw.Data + (output * inputs + k) / block * bytes, row, count);
                    }
                    else
                    {
                        new Span<float>(row, (int)count).Clear();
                    }

                    for (nint i = 0; i < count; i++)
                    {
                        to[(k + i) * Panel.Lanes + lane] = row[i];
                    }
                }
            }
        }
    }
}
