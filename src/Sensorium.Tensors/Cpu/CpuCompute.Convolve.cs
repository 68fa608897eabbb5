namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    /// <inheritdoc/>
    public override FeatureMaps Convolve(FeatureMaps x, Weight weight, in Window window)
    {
        Grid grid = x.Grid.After(window);
        nint outputs = weight.Outputs, inputs = (nint)weight.Shape[1], perGroup = outputs / (x.Rows.Columns / inputs);
        float* w = Vector(weight);
        Tensor y = New(grid.Rows, outputs);
        for (int item = 0; item < grid.Items.Length; item++)
        {
            GridItem from = x.Grid.Items[item], to = grid.Items[item];
            int top = window.Vertical(from.Height).Before, left = window.Horizontal(from.Width).Before;
            for (int cell = 0; cell < to.Rows; cell++)
            {
                int frame = cell / (to.Height * to.Width), cy = cell / to.Width % to.Height, cx = cell % to.Width;
                for (nint o = 0; o < outputs; o++)
                {
                    nint firstInput = o / perGroup * inputs;
                    float sum = 0;
                    for (int ky = 0; ky < window.Height; ky++)
                    {
                        int sy = cy * window.Stride - top + ky * window.Dilation;
                        for (int kx = 0; kx < window.Width; kx++)
                        {
                            int sx = cx * window.Stride - left + kx * window.Dilation;
                            if ((uint)sy >= (uint)from.Height || (uint)sx >= (uint)from.Width)
                            {
                                continue;
                            }

                            float* p = x.Rows.FloatRow(from.FirstRow + (frame * from.Height + sy) * from.Width + sx) + firstInput;
                            for (nint c = 0; c < inputs; c++)
                            {
                                sum += p[c] * w[((o * inputs + c) * window.Height + ky) * window.Width + kx];
                            }
                        }
                    }

                    y.FloatRow(to.FirstRow + cell)[o] = sum;
                }
            }
        }

        return new FeatureMaps(y, grid);
    }
}
