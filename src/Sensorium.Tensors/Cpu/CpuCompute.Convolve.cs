using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    // What a chunk's gathered rows may take, to stay in the second-level cache.
    const nint GatheredBytes = 384 << 10;

    /// <inheritdoc/>
    public override FeatureMaps Convolve(FeatureMaps x, Weight weight, in Window window) => Convolve(x, weight, window, default);

    /// <inheritdoc/>
    public override FeatureMaps Convolve(FeatureMaps x, Weight weight, in Window window, in Epilogue epilogue)
    {
        var packed = (ConvolutionWeight)weight.Need();
        nint channels = x.Rows.Columns, outputs = packed.Outputs;
        if (packed.Area != (nint)window.Height * window.Width || packed.Inputs == 0 || channels % packed.Inputs != 0 || outputs % (channels / packed.Inputs) != 0)
        {
            throw new ArgumentException($"{weight.Name} [{string.Join(", ", weight.Shape)}] does not fit {channels} channels and a window of {window.Height} × {window.Width}");
        }

        Grid grid = SameSize(window) ? x.Grid : x.Grid.After(window);
        Tensor y = New(grid.Rows, outputs);
        if (grid.Rows == 0 || outputs == 0)
        {
            return new FeatureMaps(y, grid);
        }

        Scratch.Mark mark = Mark();
        OutputStage stage = Stage(epilogue);
        if (packed.Matrix is null)
        {
            var taps = new TapsJob { X = x, Y = y, Grid = grid, Window = window, Weight = packed, Stage = stage, Kernels = TapKernels.Of(Tier) };
            Workers.Run(taps.Items, ref taps);
        }
        else
        {
            Dense(x, y, grid, window, packed, stage);
        }

        GC.KeepAlive(weight);
        Release(mark);
        return new FeatureMaps(y, grid);
    }

    static bool SameSize(in Window window) => window is { Height: 1, Width: 1, Stride: 1, Pad: 0 };

    void Dense(FeatureMaps x, Tensor y, Grid grid, in Window window, ConvolutionWeight weight, OutputStage stage)
    {
        nint k = weight.Inputs * weight.Area;
        nint step = 2 * RowChunks.ItemRows;
        nint chunkRows = Math.Clamp(GatheredBytes / (k * sizeof(float)) / step * step, step, FloatProduct.ChunkRows);
        nint tiles = (weight.Outputs + Panel.Tile - 1) / Panel.Tile;
        nint chunks = (y.Rows + chunkRows - 1) / chunkRows, wanted = Workers.Threads * 4;
        if (chunks < wanted && tiles == 1)
        {
            chunkRows = Math.Max(step, (y.Rows + wanted - 1) / wanted / step * step);
            chunks = (y.Rows + chunkRows - 1) / chunkRows;
        }

        bool grouped = x.Rows.Columns != weight.Inputs;
        nint ranges = grouped ? 1 : Math.Clamp(wanted / chunks, 1, tiles);
        var job = new GatherJob
        {
            X = x,
            Y = y,
            Grid = grid,
            Window = window,
            Weight = weight,
            Stage = stage,
            Kernels = device.Floats,
            ChunkRows = chunkRows,
            RangeTiles = (tiles + ranges - 1) / ranges,
        };
        job.WorkerBytes = job.ScratchBytes;
        job.Scratch = NewBytes(job.WorkerBytes * Workers.Threads);
        Workers.Run(job.Items, ref job);
    }
}
