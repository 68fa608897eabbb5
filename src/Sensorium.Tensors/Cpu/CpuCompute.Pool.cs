namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    /// <inheritdoc/>
    public override FeatureMaps AveragePool(FeatureMaps x, in Window window) => Pool(x, window, average: true);

    /// <inheritdoc/>
    public override FeatureMaps MaxPool(FeatureMaps x, in Window window) => Pool(x, window, average: false);

    /// <inheritdoc/>
    public override FeatureMaps AdaptiveAveragePool(FeatureMaps x, int height, int width)
    {
        ShapeCheck.Maps(x);
        Grid grid = x.Grid.Pooled(height, width);
        Tensor y = New(grid.Rows, x.Rows.Columns);
        for (int item = 0; item < grid.Items.Length; item++)
        {
            GridItem from = x.Grid.Items[item];
            GridItem to = grid.Items[item];
            nint cost = x.Rows.Columns * (1 + from.Rows / Math.Max(to.Rows, 1));
            EachRow(to.Rows, cost, new AdaptiveJob { X = x.Rows, Y = y, From = from, To = to, Kernels = Kernels });
        }

        return new FeatureMaps(y, grid);
    }

    FeatureMaps Pool(FeatureMaps x, in Window window, bool average)
    {
        ShapeCheck.Maps(x);
        Grid grid = x.Grid.After(window);
        Tensor y = New(grid.Rows, x.Rows.Columns);
        for (int item = 0; item < grid.Items.Length; item++)
        {
            GridItem to = grid.Items[item];
            nint cost = x.Rows.Columns * (1 + window.Height * window.Width);
            EachRow(to.Rows, cost, new PoolJob { X = x.Rows, Y = y, From = x.Grid.Items[item], To = to, Window = window, Average = average, Kernels = Kernels });
        }

        return new FeatureMaps(y, grid);
    }

    struct PoolJob : IRowJob
    {
        public Tensor X;
        public Tensor Y;
        public GridItem From;
        public GridItem To;
        public Window Window;
        public bool Average;
        public RowKernels Kernels;

        public readonly void Row(nint cell)
        {
            int frame = (int)cell / (To.Height * To.Width);
            int top = (int)cell / To.Width % To.Height * Window.Stride - Window.Vertical(From.Height).Before;
            int left = (int)cell % To.Width * Window.Stride - Window.Horizontal(From.Width).Before;
            float* to = Y.FloatRow(To.FirstRow + cell);
            new Span<float>(to, (int)Y.Columns).Fill(Average ? 0 : float.NegativeInfinity);
            int cells = 0;
            for (int ky = 0; ky < Window.Height; ky++)
            {
                for (int kx = 0; kx < Window.Width; kx++)
                {
                    int cy = top + ky * Window.Dilation;
                    int cx = left + kx * Window.Dilation;
                    if ((uint)cy >= (uint)From.Height || (uint)cx >= (uint)From.Width)
                    {
                        continue;
                    }

                    float* from = X.FloatRow(From.FirstRow + (frame * From.Height + cy) * From.Width + cx);
                    (Average ? Kernels.Add : Kernels.Largest)(to, from, to, Y.Columns);
                    cells++;
                }
            }

            if (Average)
            {
                Kernels.Affine(to, to, Y.Columns, 1f / Math.Max(cells, 1), 0);
            }
        }
    }

    struct AdaptiveJob : IRowJob
    {
        public Tensor X;
        public Tensor Y;
        public GridItem From;
        public GridItem To;
        public RowKernels Kernels;

        public readonly void Row(nint cell)
        {
            int frame = (int)cell / (To.Height * To.Width);
            (int top, int bottom) = Grid.Bin((int)cell / To.Width % To.Height, To.Height, From.Height);
            (int left, int right) = Grid.Bin((int)cell % To.Width, To.Width, From.Width);
            float* to = Y.FloatRow(To.FirstRow + cell);
            new Span<float>(to, (int)Y.Columns).Clear();
            for (int cy = top; cy < bottom; cy++)
            {
                for (int cx = left; cx < right; cx++)
                {
                    Kernels.Add(to, X.FloatRow(From.FirstRow + (frame * From.Height + cy) * From.Width + cx), to, Y.Columns);
                }
            }

            Kernels.Affine(to, to, Y.Columns, 1f / ((bottom - top) * (right - left)), 0);
        }
    }
}
