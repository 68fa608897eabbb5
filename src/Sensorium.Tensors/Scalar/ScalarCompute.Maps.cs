namespace Sensorium.Tensors.Scalar;

public sealed unsafe partial class ScalarCompute
{
    /// <inheritdoc/>
    public override FeatureMaps Convolve(FeatureMaps x, Weight weight, in Window window)
    {
        ShapeCheck.Convolution(x, weight, window);
        Tensor rows = Wide(x.Rows);
        Grid grid = x.Grid.After(window);
        Tensor y = New(grid.Rows, weight.Outputs);
        int inputs = (int)weight.Shape[1];
        int outputsPerGroup = (int)(weight.Outputs / (x.Rows.Columns / inputs));
        for (int output = 0; output < weight.Outputs; output++)
        {
            ReadOnlySpan<double> kernel = Prepared(weight).Row(output);
            int firstChannel = output / outputsPerGroup * inputs;
            foreach (Place place in Places(x.Grid, grid, window))
            {
                double sum = 0;
                for (int ky = 0; ky < window.Height; ky++)
                {
                    for (int kx = 0; kx < window.Width; kx++)
                    {
                        if (place.Cell(window, ky, kx) is { } cell)
                        {
                            ReadOnlySpan<double> channels = Row(rows, cell).Slice(firstChannel, inputs);
                            for (int i = 0; i < inputs; i++)
                            {
                                sum += channels[i] * kernel[(i * window.Height + ky) * window.Width + kx];
                            }
                        }
                    }
                }

                Row(y, place.Row)[output] = sum;
            }
        }

        return new FeatureMaps(y, grid);
    }

    /// <inheritdoc/>
    public override FeatureMaps AveragePool(FeatureMaps x, in Window window) => Pool(x, window, average: true);

    /// <inheritdoc/>
    public override FeatureMaps MaxPool(FeatureMaps x, in Window window) => Pool(x, window, average: false);

    /// <inheritdoc/>
    public override FeatureMaps AdaptiveAveragePool(FeatureMaps x, int height, int width)
    {
        ShapeCheck.Maps(x);
        Tensor rows = Wide(x.Rows);
        Grid grid = x.Grid.Pooled(height, width);
        Tensor y = Zeros(grid.Rows, rows.Columns);
        foreach ((GridItem from, GridItem to) in x.Grid.Items.ToArray().Zip(grid.Items.ToArray()))
        {
            for (int cell = 0; cell < to.Rows; cell++)
            {
                int frame = cell / (height * width);
                (int top, int bottom) = Grid.Bin(cell / width % height, height, from.Height);
                (int left, int right) = Grid.Bin(cell % width, width, from.Width);
                Span<double> mean = Row(y, to.FirstRow + cell);
                for (int cy = top; cy < bottom; cy++)
                {
                    for (int cx = left; cx < right; cx++)
                    {
                        Span<double> channels = Row(rows, from.FirstRow + (frame * from.Height + cy) * from.Width + cx);
                        for (int i = 0; i < mean.Length; i++)
                        {
                            mean[i] += channels[i] / ((bottom - top) * (right - left));
                        }
                    }
                }
            }
        }

        return new FeatureMaps(y, grid);
    }

    FeatureMaps Pool(FeatureMaps x, in Window window, bool average)
    {
        ShapeCheck.Maps(x);
        Tensor rows = Wide(x.Rows);
        Grid grid = x.Grid.After(window);
        Tensor y = New(grid.Rows, rows.Columns);
        foreach (Place place in Places(x.Grid, grid, window))
        {
            Span<double> to = Row(y, place.Row);
            to.Fill(average ? 0 : double.NegativeInfinity);
            int cells = 0;
            for (int ky = 0; ky < window.Height; ky++)
            {
                for (int kx = 0; kx < window.Width; kx++)
                {
                    if (place.Cell(window, ky, kx) is { } cell)
                    {
                        Span<double> channels = Row(rows, cell);
                        for (int i = 0; i < to.Length; i++)
                        {
                            to[i] = average ? to[i] + channels[i] : Math.Max(to[i], channels[i]);
                        }

                        cells++;
                    }
                }
            }

            for (int i = 0; average && i < to.Length; i++)
            {
                to[i] /= Math.Max(cells, 1);
            }
        }

        return new FeatureMaps(y, grid);
    }

    /// <summary>A row of a windowed operation's output and the cell of the input at which its window starts.</summary>
    readonly record struct Place(int Row, int FirstRow, int Height, int Width, int Top, int Left)
    {
        /// <summary>The input's row under a cell of the kernel; null where that is padding.</summary>
        public int? Cell(in Window window, int ky, int kx)
        {
            int cy = Top + ky * window.Dilation;
            int cx = Left + kx * window.Dilation;
            return (uint)cy < (uint)Height && (uint)cx < (uint)Width ? FirstRow + cy * Width + cx : null;
        }
    }

    static List<Place> Places(Grid input, Grid output, in Window window)
    {
        var places = new List<Place>(output.Rows);
        for (int i = 0; i < output.Items.Length; i++)
        {
            GridItem from = input.Items[i];
            GridItem to = output.Items[i];
            int top = window.Vertical(from.Height).Before;
            int left = window.Horizontal(from.Width).Before;
            for (int cell = 0; cell < to.Rows; cell++)
            {
                int frame = cell / (to.Height * to.Width);
                int cy = cell / to.Width % to.Height * window.Stride - top;
                int cx = cell % to.Width * window.Stride - left;
                places.Add(new Place(to.FirstRow + cell, from.FirstRow + frame * from.Height * from.Width, from.Height, from.Width, cy, cx));
            }
        }

        return places;
    }
}
