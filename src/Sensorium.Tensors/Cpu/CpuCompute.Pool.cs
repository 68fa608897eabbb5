namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    /// <inheritdoc/>
    public override FeatureMaps AveragePool(FeatureMaps x, in Window window) => Pool(x, window, mean: true);

    /// <inheritdoc/>
    public override FeatureMaps MaxPool(FeatureMaps x, in Window window) => Pool(x, window, mean: false);

    FeatureMaps Pool(FeatureMaps x, Window window, bool mean)
    {
        Grid grid = x.Grid.After(window);
        nint columns = x.Rows.Columns;
        Tensor y = New(grid.Rows, columns);
        for (int item = 0; item < grid.Items.Length; item++)
        {
            GridItem from = x.Grid.Items[item], to = grid.Items[item];
            int top = window.Vertical(from.Height).Before, left = window.Horizontal(from.Width).Before;
            for (int cell = 0; cell < to.Rows; cell++)
            {
                int frame = cell / (to.Height * to.Width), cy = cell / to.Width % to.Height, cx = cell % to.Width;
                float* o = y.FloatRow(to.FirstRow + cell);
                new Span<float>(o, (int)columns).Fill(mean ? 0 : float.NegativeInfinity);
                int count = 0;
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

                        float* p = x.Rows.FloatRow(from.FirstRow + (frame * from.Height + sy) * from.Width + sx);
                        count++;
                        for (nint c = 0; c < columns; c++)
                        {
                            o[c] = mean ? o[c] + p[c] : MathF.Max(o[c], p[c]);
                        }
                    }
                }

                for (nint c = 0; mean && c < columns; c++)
                {
                    o[c] /= count;
                }
            }
        }

        return new FeatureMaps(y, grid);
    }

    /// <inheritdoc/>
    public override FeatureMaps AdaptiveAveragePool(FeatureMaps x, int height, int width)
    {
        var sizes = new (int, int, int)[x.Grid.Items.Length];
        for (int i = 0; i < sizes.Length; i++)
        {
            sizes[i] = (x.Grid.Items[i].Frames, height, width);
        }

        var grid = new Grid(sizes);
        nint columns = x.Rows.Columns;
        Tensor y = New(grid.Rows, columns);
        for (int item = 0; item < sizes.Length; item++)
        {
            GridItem from = x.Grid.Items[item], to = grid.Items[item];
            for (int cell = 0; cell < to.Rows; cell++)
            {
                int frame = cell / (height * width), cy = cell / width % height, cx = cell % width;
                int y0 = cy * from.Height / height, y1 = ((cy + 1) * from.Height + height - 1) / height;
                int x0 = cx * from.Width / width, x1 = ((cx + 1) * from.Width + width - 1) / width;
                float* o = y.FloatRow(to.FirstRow + cell);
                new Span<float>(o, (int)columns).Clear();
                for (int sy = y0; sy < y1; sy++)
                {
                    for (int sx = x0; sx < x1; sx++)
                    {
                        float* p = x.Rows.FloatRow(from.FirstRow + (frame * from.Height + sy) * from.Width + sx);
                        for (nint c = 0; c < columns; c++)
                        {
                            o[c] += p[c];
                        }
                    }
                }

                for (nint c = 0; c < columns; c++)
                {
                    o[c] /= (y1 - y0) * (x1 - x0);
                }
            }
        }

        return new FeatureMaps(y, grid);
    }
}
