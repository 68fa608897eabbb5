namespace Sensorium.Tensors;

/// <summary>One item's place among the rows of <see cref="FeatureMaps"/>: frames × height × width cells, row by row.</summary>
public readonly record struct GridItem(int FirstRow, int Frames, int Height, int Width)
{
    /// <summary>How many rows the item has.</summary>
    public int Rows => Frames * Height * Width;
}

/// <summary>Which rows are which cell of which picture (or clip). Pictures of different sizes may stand in one batch.</summary>
public sealed class Grid
{
    readonly GridItem[] items;

    /// <param name="sizes">Frames, height and width of each item, in the order of the rows.</param>
    public Grid(params ReadOnlySpan<(int Frames, int Height, int Width)> sizes)
    {
        items = new GridItem[sizes.Length];
        for (int i = 0; i < sizes.Length; i++)
        {
            items[i] = new GridItem(Rows, sizes[i].Frames, sizes[i].Height, sizes[i].Width);
            Rows += items[i].Rows;
        }
    }

    /// <summary>The items in the order of their rows.</summary>
    public ReadOnlySpan<GridItem> Items => items;

    /// <summary>How many rows there are in all.</summary>
    public int Rows { get; }

    /// <summary>The grid after a convolution or a pooling.</summary>
    public Grid After(in Window window)
    {
        var sizes = new (int, int, int)[items.Length];
        for (int i = 0; i < items.Length; i++)
        {
            sizes[i] = (items[i].Frames, window.Vertical(items[i].Height).Output, window.Horizontal(items[i].Width).Output);
        }

        return new Grid(sizes);
    }

    /// <summary>The grid with every frame pooled to height × width cells.</summary>
    public Grid Pooled(int height, int width)
    {
        var sizes = new (int, int, int)[items.Length];
        for (int i = 0; i < items.Length; i++)
        {
            sizes[i] = (items[i].Frames, height, width);
        }

        return new Grid(sizes);
    }

    /// <summary>The cells that adaptive pooling takes together for one bin, as PyTorch cuts them: they may overlap.</summary>
    internal static (int Start, int End) Bin(int index, int bins, int cells) =>
        ((int)((long)index * cells / bins), (int)(((index + 1L) * cells + bins - 1) / bins));
}

/// <summary>Feature maps, channels last: rows <c>[cells, channels]</c> and the grid that says which cell is where.</summary>
public readonly struct FeatureMaps(Tensor rows, Grid grid)
{
    /// <summary>[cells, channels]</summary>
    public Tensor Rows { get; } = rows;

    /// <summary>Which row is which cell.</summary>
    public Grid Grid { get; } = grid;

    /// <summary>The same cells with other channels.</summary>
    public FeatureMaps With(Tensor rows) => new(rows, Grid);
}

/// <summary>How padding is chosen.</summary>
public enum Padding
{
    /// <summary>The same number of zeros on both sides, given by the window.</summary>
    Symmetric,

    /// <summary>TensorFlow's SAME: output ceil(input / stride), the odd zero after.</summary>
    Same,
}

/// <summary>A sliding window over height and width: a convolution's or a pooling's geometry.</summary>
/// <param name="Height">Kernel height in cells.</param>
/// <param name="Width">Kernel width in cells.</param>
/// <param name="Stride">Cells from window to window, both ways.</param>
/// <param name="Padding">How padding is chosen.</param>
/// <param name="Pad">Zeros on each side where padding is symmetric.</param>
/// <param name="Dilation">Cells between neighbours of the kernel.</param>
public readonly record struct Window(int Height, int Width, int Stride = 1, Padding Padding = Padding.Symmetric, int Pad = 0, int Dilation = 1)
{
    /// <summary>Zeros before the first row and the number of output rows for an input of this height.</summary>
    public (int Before, int Output) Vertical(int input) => Along(input, Height);

    /// <summary>Zeros before the first column and the number of output columns for an input of this width.</summary>
    public (int Before, int Output) Horizontal(int input) => Along(input, Width);

    (int Before, int Output) Along(int input, int kernel)
    {
        int reach = (kernel - 1) * Dilation + 1;
        if (Padding == Padding.Same)
        {
            int output = (input + Stride - 1) / Stride;
            int total = Math.Max((output - 1) * Stride + reach - input, 0);
            return (total / 2, output);
        }

        int room = input + 2 * Pad - reach;
        return (Pad, room < 0 ? 0 : room / Stride + 1);
    }
}
