namespace Sensorium.Tensors.Cpu.Products;

/// <summary>A convolution with one input for each output: depthwise, or of a single channel. An item is a row of cells.</summary>
unsafe struct TapsJob : IJob
{
    public FeatureMaps X;

    public Tensor Y;

    public Grid Grid;

    public Window Window;

    public ConvolutionWeight Weight;

    public OutputStage Stage;

    public TapKernels Kernels;

    public readonly nint Items
    {
        get
        {
            nint rows = 0;
            foreach (GridItem item in Grid.Items)
            {
                rows += (nint)item.Frames * item.Height;
            }

            return rows;
        }
    }

    public readonly void Run(nint item, int worker)
    {
        int index = 0;
        while (item >= (nint)Grid.Items[index].Frames * Grid.Items[index].Height)
        {
            item -= (nint)Grid.Items[index].Frames * Grid.Items[index].Height;
            index++;
        }

        GridItem source = X.Grid.Items[index], target = Grid.Items[index];
        int frame = (int)item / target.Height, cy = (int)item % target.Height;
        nint firstCell = target.FirstRow + item * target.Width;
        int top = cy * Window.Stride - Window.Vertical(source.Height).Before, before = Window.Horizontal(source.Width).Before;
        (int ky0, int ky1) = Inside(top, Window.Height, source.Height);
        nint outputs = Weight.Outputs, multiplier = outputs / X.Rows.Columns;
        float* taps = Weight.Taps;
        float* plane = X.Rows.FloatRow(source.FirstRow + (nint)frame * source.Height * source.Width);
        for (int cx = 0; cx < target.Width; cx++)
        {
            int left = cx * Window.Stride - before;
            (int kx0, int kx1) = Inside(left, Window.Width, source.Width);
            float* to = Y.FloatRow(firstCell + cx);
            nint stepX = Window.Dilation * X.Rows.Stride, stepY = source.Width * stepX;
            float* from = plane + ((nint)(top + ky0 * Window.Dilation) * source.Width + left + kx0 * Window.Dilation) * X.Rows.Stride;
            Kernels.Cell(from, stepX, stepY, taps + ((nint)ky0 * Window.Width + kx0) * outputs, outputs, Window.Width * outputs, Math.Max(kx1 - kx0, 0), Math.Max(ky1 - ky0, 0), to, multiplier);
        }

        Stage.Apply(Y.FloatRow(firstCell), Y.Stride, firstCell, target.Width, 0, outputs);
    }

    /// <summary>Which cells of the kernel lie within the map.</summary>
    readonly (int First, int End) Inside(int start, int kernel, int size)
    {
        int first = start >= 0 ? 0 : (-start + Window.Dilation - 1) / Window.Dilation;
        int end = size <= start ? 0 : Math.Min(kernel, (size - 1 - start) / Window.Dilation + 1);
        return (Math.Min(first, kernel), Math.Max(end, 0));
    }
}
