using System.Globalization;
using Sensorium.Tensors;
using Sensorium.Tensors.Benchmarks;
using Sensorium.Tensors.Cpu;

// What each kernel reaches of the machine's ceilings, all measured in one interleaved run:
//   dotnet run -c Release --project benchmarks/Sensorium.Tensors.Benchmarks -- [kernels|gemm|layer|decode|small|attend|convolve|prepare]... [--threads N] [--tier NAME] [--types A,B] [--managed] [--repeats N]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var names = new List<string>();
int? threads = null;
KernelTier? tier = null;
int repeats = 7;
bool? generated = null;
DType[]? types = null;
for (int i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--threads": threads = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
        case "--tier": tier = KernelTiers.Parse(args[++i], "--tier"); break;
        case "--managed": generated = false; break;
        case "--types": types = [.. args[++i].Split(',').Select(t => Enum.Parse<DType>(t, ignoreCase: true))]; break;
        case "--repeats": repeats = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
        default: names.Add(args[i]); break;
    }
}

using var device = new CpuDevice(threads, tier, generated);
Console.WriteLine(device.Description);
var bench = new Bench(device, repeats, types);
foreach (string name in names.Count == 0 ? ["kernels", "gemm", "layer", "decode", "small", "attend", "convolve", "prepare"] : names)
{
    switch (name)
    {
        case "kernels": KernelBench.Run(device, types ?? [DType.Q8_0, DType.Q4_0, DType.Q4_K, DType.Q5_K, DType.Q6_K]); break;
        case "gemm": bench.Gemm(); break;
        case "layer": bench.Layer(); break;
        case "decode": bench.Decode(); break;
        case "small": bench.Small(); break;
        case "loops": bench.Loops(); break;
        case "attend": new AttentionBench(device, bench.Seconds, repeats, types ?? [DType.F32, DType.BF16]).Run(); break;
        case "convolve": bench.Convolve(); break;
        case "prepare": bench.Prepare(); break;
        default: Console.Error.WriteLine($"{name}: there are kernels, gemm, layer, decode, small, loops, attend, convolve and prepare"); return 2;
    }
}

return 0;
