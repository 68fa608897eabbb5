using System.Globalization;
using Sensorium.Tensors.Benchmarks;
using Sensorium.Tensors.Cpu;

// What each kernel reaches of the machine's ceilings, all measured in one interleaved run:
//   dotnet run -c Release --project benchmarks/Sensorium.Tensors.Benchmarks -- [gemm|decode|attend|convolve|prepare]... [--threads N] [--tier NAME] [--repeats N]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var names = new List<string>();
int? threads = null;
KernelTier? tier = null;
int repeats = 7;
for (int i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--threads": threads = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
        case "--tier": tier = KernelTiers.Parse(args[++i], "--tier"); break;
        case "--repeats": repeats = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
        default: names.Add(args[i]); break;
    }
}

using var device = new CpuDevice(threads, tier);
Console.WriteLine(device.Description);
var bench = new Bench(device, repeats);
foreach (string name in names.Count == 0 ? ["gemm", "decode", "attend", "convolve", "prepare"] : names)
{
    switch (name)
    {
        case "gemm": bench.Gemm(); break;
        case "decode": bench.Decode(); break;
        case "attend": new AttentionBench(device, bench.Seconds, repeats).Run(); break;
        case "convolve": bench.Convolve(); break;
        case "prepare": bench.Prepare(); break;
        default: Console.Error.WriteLine($"{name}: there are gemm, decode, attend, convolve and prepare"); return 2;
    }
}

return 0;
