using System.Runtime.CompilerServices;

namespace Sensorium.Tensors.Cpu.Products;

/// <summary>
/// A convolution as a product: the cells under each output's window are gathered into register tiles, some rows at a
/// time, and multiplied while they are in the cache. k runs over kernel height, kernel width, channel.
/// </summary>
unsafe struct GatherJob : IJob
{
    public FeatureMaps X;

    public Tensor Y;

    public Grid Grid;

    public Window Window;

    public ConvolutionWeight Weight;

    public OutputStage Stage;

    public FloatKernels Kernels;

    /// <summary>Output cells of an item.</summary>
    public nint ChunkRows;

    /// <summary>Tiles of 32 outputs of an item.</summary>
    public nint RangeTiles;

    public byte* Scratch;

    public nint WorkerBytes;

    readonly nint Tiles => (Weight.Outputs + Panel.Tile - 1) / Panel.Tile;

    readonly nint Chunks => (Y.Rows + ChunkRows - 1) / ChunkRows;

    readonly nint K => Weight.Inputs * Weight.Area;

    readonly nint Groups => X.Rows.Columns / Weight.Inputs;

    public readonly nint Items => Chunks * ((Tiles + RangeTiles - 1) / RangeTiles);

    /// <summary>A line of the kernel that lies together in the maps: all channels of neighbouring cells.</summary>
    readonly nint LineInputs => Window.Dilation == 1 && Groups == 1 && X.Rows.Stride == X.Rows.Columns ? Weight.Inputs * Window.Width : Weight.Inputs;

    readonly nint ZeroBytes => (LineInputs * sizeof(float) + 63) & -64;

    readonly nint PackedBytes => (ChunkRows * K * sizeof(float) + 63) & -64;

    /// <summary>Room for a group's tiles, which may begin and end within other groups'.</summary>
    readonly nint GroupTiles => Weight.Outputs / Groups / Panel.Tile + 2;

    /// <summary>Memory that a worker needs.</summary>
    public readonly nint ScratchBytes => LinearJob.WorkerScratch + ZeroBytes + PackedBytes + (Groups == 1 ? 0 : ChunkRows * GroupTiles * Panel.Tile * sizeof(float));

    public readonly void Run(nint item, int worker)
    {
        byte* scratch = Scratch + worker * WorkerBytes;
        float* zeros = (float*)(scratch + LinearJob.WorkerScratch);
        float* packed = (float*)((byte*)zeros + ZeroBytes);
        new Span<byte>(zeros, (int)ZeroBytes).Clear();
        nint first = item % Chunks * ChunkRows, rows = Math.Min(ChunkRows, Y.Rows - first);
        nint firstTile = item / Chunks * RangeTiles, endTile = Math.Min(firstTile + RangeTiles, Tiles);
        var product = new FloatProduct { Panels = Weight.Matrix, Inputs = K, Outputs = Weight.Outputs, Stage = Stage, Kernels = Kernels };
        if (Groups == 1)
        {
            Gather(first, rows, 0, zeros, packed);
            product.Y = Y.Floats;
            product.Stride = Y.Stride;
            product.Multiply(packed, first, rows, firstTile, endTile, scratch);
            return;
        }

        // Each group sees its own channels; tiles that straddle groups are computed for both.
        float* result = (float*)((byte*)packed + PackedBytes);
        nint each = Weight.Outputs / Groups;
        product.Stage = default;
        for (nint group = 0; group < Groups; group++)
        {
            nint column = group * each, tile = column / Panel.Tile, end = (column + each + Panel.Tile - 1) / Panel.Tile;
            nint width = GroupTiles * Panel.Tile;
            Gather(first, rows, group * Weight.Inputs, zeros, packed);
            product.Y = result - tile * Panel.Tile - first * width;
            product.Stride = width;
            product.Multiply(packed, first, rows, tile, end, scratch);
            for (nint row = 0; row < rows; row++)
            {
                float* to = Y.FloatRow(first + row) + column;
                Unsafe.CopyBlockUnaligned(to, result + row * width + column - tile * Panel.Tile, (uint)(each * sizeof(float)));
            }
        }

        Stage.Apply(Y.FloatRow(first), Y.Stride, first, rows, 0, Weight.Outputs);
    }

    readonly void Gather(nint first, nint rows, nint firstChannel, float* zeros, float* packed)
    {
        float** from = stackalloc float*[16];
        int* tops = stackalloc int[16], lefts = stackalloc int[16], heights = stackalloc int[16], widths = stackalloc int[16];
        nint* frames = stackalloc nint[16];
        nint inputs = Weight.Inputs, line = LineInputs;
        int index = 0;
        for (nint row = 0; row < rows;)
        {
            int m = Kernels.RowsOf(rows - row);

            // Patches, and windows away from the borders, are copied a line of the kernel at a time.
            int step = line > inputs ? Window.Width : 1;
            for (int i = 0; i < m; i++)
            {
                int cell = (int)(first + row + i);
                while (cell >= Grid.Items[index].FirstRow + Grid.Items[index].Rows)
                {
                    index++;
                }

                GridItem source = X.Grid.Items[index], target = Grid.Items[index];
                cell -= target.FirstRow;
                (int frame, int inFrame) = Math.DivRem(cell, target.Height * target.Width);
                (int cy, int cx) = Math.DivRem(inFrame, target.Width);
                frames[i] = source.FirstRow + (nint)frame * source.Height * source.Width;
                tops[i] = cy * Window.Stride - Window.Vertical(source.Height).Before;
                lefts[i] = cx * Window.Stride - Window.Horizontal(source.Width).Before;
                heights[i] = source.Height;
                widths[i] = source.Width;
                step = lefts[i] >= 0 && lefts[i] + Window.Width <= source.Width ? step : 1;
            }

            float* to = packed + row * K;
            for (int ky = 0; ky < Window.Height; ky++)
            {
                for (int kx = 0; kx < Window.Width; kx += step)
                {
                    for (int i = 0; i < m; i++)
                    {
                        int y = tops[i] + ky * Window.Dilation, x = lefts[i] + kx * Window.Dilation;
                        bool inside = (uint)y < (uint)heights[i] && (uint)x < (uint)widths[i];
                        from[i] = inside ? X.Rows.FloatRow(frames[i] + (nint)y * widths[i] + x) + firstChannel : zeros;
                    }

                    RowTransposer.Pack(from, m, inputs * step, to);
                    to += inputs * step * m;
                }
            }

            row += m;
        }
    }
}
